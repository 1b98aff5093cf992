// HAProxy's log-format strings as templates of a spec.

/** Variables that both know. */
const VARIABLES: Readonly<Record<string, string>> = {
  '%[src]': '{client.ip}',
  '%ci': '{client.ip}',
  '%[req.hdr(host)]': '{host}',
  '%[hdr(host)]': '{host}',
  '%[path]': '{path}',
  '%[query]': '{query}',
  '%[ssl_fc_sni]': '{tls.sni}',
  '%[unique-id]': '{request.id}',
  '%ID': '{request.id}',
};

/** `%[src] x` -> `{client.ip} x`. Undefined = it holds something that a spec has no word for. */
export function readTemplate(format: string): string | undefined {
  let isWhole = true;
  const text = format.replaceAll(/%%|%\[[^\]]*\]|%\{[^}]*\}\w*|%\w+|[{}]|%/g, (piece) => {
    if (piece === '%%') return '%';
    const variable = VARIABLES[piece];
    if (variable === undefined) isWhole = false;
    return variable ?? piece;
  });
  return isWhole ? text : undefined;
}
