// What a member must see of an accepted request, worked out from the client's bytes by rules that share no code with the proxy.

/** Lines of the connection that brought them (RFC 9110 7.6.1), and those that evenkeel writes itself. */
const NEVER_PASSED: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
  'transfer-encoding',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
]);

/** The exact bytes of the request whose client sent `bytes` to `port`. */
export function expectedAtMember(bytes: string, port: number): string {
  const text = bytes.replace(/^\r\n/, '');
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = text.slice(0, end).split('\r\n');
  const [method = '', target = ''] = start.split(' ');
  const named = lines.flatMap((line) => namesOf(line));
  const passed = lines.filter((line) => {
    const name = nameOf(line).replaceAll('_', '-');
    return !NEVER_PASSED.has(name) && !named.includes(nameOf(line)) && !isLookalike(line);
  });
  const sentHost = valueOf(lines, 'host');
  const host = /^https?:\/\/([^/?]*)/i.exec(target)?.[1] ?? sentHost;
  const isChunked = lines.some((line) => nameOf(line) === 'transfer-encoding');
  return [
    `${method} ${originForm(method, target)} HTTP/1.1`,
    ...passed.map((line) => withoutTabs(line)),
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-Proto: http',
    ...(host === undefined ? [] : [`X-Forwarded-Host: ${sentHost ?? host}`]),
    `X-Forwarded-Port: ${port}`,
    ...(sentHost === undefined ? [`Host: ${host ?? `127.0.0.1:${port}`}`] : []),
    ...(isChunked ? ['Transfer-Encoding: chunked'] : []),
    '',
    text.slice(end + 4),
  ].join('\r\n');
}

/** `http://a.test/b?c` -> `/b?c` */
function originForm(method: string, target: string): string {
  const path = target.replace(/^https?:\/\/[^/?]*/i, '');
  if (path === '') return method === 'OPTIONS' ? '*' : '/';
  return path.startsWith('?') ? `/${path}` : path;
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':')).toLowerCase();
}

function valueOf(lines: readonly string[], name: string): string | undefined {
  const line = lines.find((one) => nameOf(one) === name);
  return line?.slice(line.indexOf(':') + 1).replace(/^[ \t]+|[ \t]+$/g, '');
}

/** Lines that a Connection line names go with it. */
function namesOf(line: string): string[] {
  if (nameOf(line) !== 'connection') return [];
  return line
    .slice(line.indexOf(':') + 1)
    .split(',')
    .map((name) => name.trim().toLowerCase());
}

/** A tab beside a length is allowed, but not every parser knows that. */
function withoutTabs(line: string): string {
  return nameOf(line) === 'content-length' ? line.replaceAll('\t', ' ') : line;
}

/** Some servers read `_` as `-`: a line that would become a framing line there is dropped. */
function isLookalike(line: string): boolean {
  return /^(content_length|transfer_encoding):/i.test(line);
}
