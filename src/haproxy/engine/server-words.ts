// Words of a `server` line: keywords and their values, in the order of the line.

/** Keywords of servers that take no value (configuration manual 5.2); every other one takes one. */
const FLAGS: ReadonlySet<string> = new Set([
  'agent-check',
  'allow-0rtt',
  'backup',
  'check',
  'check-send-proxy',
  'check-ssl',
  'check-via-socks4',
  'disabled',
  'enabled',
  'force-sslv3',
  'force-tlsv10',
  'force-tlsv11',
  'force-tlsv12',
  'force-tlsv13',
  'no-agent-check',
  'no-backup',
  'no-check',
  'no-check-ssl',
  'no-send-proxy',
  'no-send-proxy-v2',
  'no-ssl',
  'no-ssl-reuse',
  'no-sslv3',
  'no-tls-tickets',
  'no-tlsv10',
  'no-tlsv11',
  'no-tlsv12',
  'no-tlsv13',
  'no-verifyhost',
  'non-stick',
  'send-proxy',
  'send-proxy-v2',
  'send-proxy-v2-ssl',
  'send-proxy-v2-ssl-cn',
  'ssl',
  'ssl-reuse',
  'stick',
  'tfo',
  'tls-tickets',
]);

/** Keyword -> value; '' for those without one. A keyword that comes twice keeps the last value, as in HAProxy. */
export function readServerWords(words: readonly string[]): ReadonlyMap<string, string> {
  const settings: Map<string, string> = new Map();
  for (let i = 0; i < words.length; i++) {
    const key = words[i] ?? '';
    const takesValue = !FLAGS.has(key);
    settings.delete(key);
    settings.set(key, takesValue ? (words[i + 1] ?? '') : '');
    if (takesValue) i++;
  }
  return settings;
}

/** The other way round. */
export function renderServerWords(settings: ReadonlyMap<string, string>): readonly string[] {
  return [...settings].flatMap(([key, value]) => (FLAGS.has(key) ? [key] : [key, value]));
}
