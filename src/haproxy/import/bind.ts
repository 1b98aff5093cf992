// `bind` lines: addresses, and what is spoken on them.
import { parseHostPort, renderHostPort } from '../../core/address.js';
import type { TlsSpec } from '../../spec/tls.js';
import type { ConfigLine } from '../read-config.js';
import type { Notes } from './notes.js';

/** What the bind lines of one kind have in common. */
export interface BindGroup {
  readonly addresses: string[];
  readonly tls: TlsSpec | undefined;
  readonly acceptsProxy: boolean;
  /** `proto h2`: HTTP/2 in the clear. */
  readonly isHttp2: boolean;
}

/** Words without a value that change nothing that a spec says. */
const FLAGS: ReadonlySet<string> = new Set([
  'v4v6',
  'v6only',
  'defer-accept',
  'tfo',
  'transparent',
]);

/** Bind lines, those that agree together; lines that can't be read are left. */
export function readBinds(lines: readonly ConfigLine[], notes: Notes): readonly BindGroup[] {
  const groups: Map<string, BindGroup> = new Map();
  for (const line of lines) {
    const isDual = !line.words.includes('v6only');
    const addresses = (line.words[1] ?? '').split(',').map((text) => readBind(text, isDual));
    const read = readOptions(line.words.slice(2), line, notes);
    if (addresses.includes(undefined)) {
      notes.leave(line, 'Addresses are a host and one port: no sockets, ranges or variables.');
      continue;
    }
    notes.take(line);
    const { key, group } = read;
    const known = groups.get(key) ?? group;
    for (const address of addresses)
      if (address !== undefined) addAddress(known.addresses, address);
    groups.set(key, known);
  }
  return [...groups.values()];
}

/** `:::80` takes IPv4 too, unless it says otherwise: that is what `:80` means in a spec. */
function readBind(text: string, isDual: boolean): string | undefined {
  const address = readAddress(text);
  return isDual ? address?.replace(/^\[::\](?=:\d+$)/, '') : address;
}

/** All IPv4 addresses and all IPv6 ones are one address of a spec. */
function addAddress(addresses: string[], address: string): void {
  const [, all, port] = /^(\[::\]|0\.0\.0\.0|):(\d+)$/.exec(address) ?? [];
  if (addresses.includes(address) || addresses.includes(`:${port}`)) return;
  if (all === undefined) {
    addresses.push(address);
    return;
  }
  const halves = [`0.0.0.0:${port}`, `[::]:${port}`];
  const at = addresses.findIndex((known) => halves.includes(known));
  if (at < 0) addresses.push(address);
  else addresses[at] = `:${port}`;
}

/** `*:80` (IPv4, as HAProxy has it), `:::80`, `ipv4@10.0.0.1:80` -> an address of a spec. */
export function readAddress(text: string): string | undefined {
  const plain = text.replace(/^(?:ipv4|ipv6|tcp|tcp4|tcp6)@/, '');
  const [, host, all] = /^(\*|0\.0\.0\.0|\[::\]|::)?:(\d+)$/.exec(plain) ?? [];
  if (all !== undefined) {
    const isIPv6 = host?.includes(':') === true || /^(?:ipv6|tcp6)@/.test(text);
    return isIPv6 ? `[::]:${all}` : `0.0.0.0:${all}`;
  }
  const [, address = '', port = ''] =
    /^\[?([0-9a-fA-F:.]+|[A-Za-z0-9._-]+)\]?:(\d+)$/.exec(plain) ?? [];
  if (address === '') return undefined;
  const written = renderHostPort({ host: address, port: Number(port) });
  return parseHostPort(written) === undefined ? undefined : written;
}

interface Read {
  readonly key: string;
  readonly group: BindGroup;
}

function readOptions(words: readonly string[], line: ConfigLine, notes: Notes): Read {
  const values: Map<string, string[]> = new Map();
  const flags: Set<string> = new Set();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (['ssl', 'accept-proxy', 'no-sslv3', 'no-tlsv10', 'no-tlsv11'].includes(word))
      flags.add(word);
    else if (['crt', 'alpn', 'npn', 'ca-file', 'verify', 'ssl-min-ver', 'proto'].includes(word))
      values.set(word, [...(values.get(word) ?? []), words[++i] ?? '']);
    else if (['ciphers', 'ciphersuites', 'curves', 'ecdhe', 'ssl-max-ver'].includes(word)) {
      i++;
      notes.approximate(line, `The choice by "${word}" is evenkeel's own.`);
    } else if (
      [
        'mss',
        'name',
        'id',
        'backlog',
        'maxconn',
        'process',
        'thread',
        'user',
        'group',
        'mode',
        'level',
        'nice',
        'interface',
        'crt-list',
        'tcp-ut',
        'namespace',
        'shards',
      ].includes(word)
    ) {
      i++;
      notes.approximate(line, `"${word}" is left out.`);
    } else if (!FLAGS.has(word)) notes.approximate(line, `"${word}" is left out.`);
  }
  if (flags.has('accept-proxy'))
    notes.approximate(line, 'The PROXY header is believed from everybody here: narrow "trust".');
  const folders = (values.get('crt') ?? []).filter(isFolder);
  if (folders.length > 0)
    notes.leave(
      line,
      `Certificates are files: those of ${folders.join(', ')} are named one by one.`,
    );
  const group: BindGroup = {
    addresses: [],
    tls: flags.has('ssl') ? readTls(values) : undefined,
    acceptsProxy: flags.has('accept-proxy'),
    isHttp2: !flags.has('ssl') && values.get('proto')?.at(-1) === 'h2',
  };
  return { key: JSON.stringify(group), group };
}

/** Of HAProxy's `crt`, which takes every file in it. */
function isFolder(name: string): boolean {
  return name.endsWith('/');
}

function readTls(values: ReadonlyMap<string, readonly string[]>): TlsSpec {
  const crt = values.get('crt') ?? [];
  const files = crt.filter((name) => !isFolder(name));
  const ca = values.get('ca-file')?.at(-1);
  const verify = values.get('verify')?.at(-1);
  const alpn = values
    .get('alpn')
    ?.at(-1)
    ?.split(',')
    .filter((name) => name === 'h2' || name === 'http/1.1');
  const isNewest = values.get('ssl-min-ver')?.at(-1) === 'TLSv1.3';
  return {
    // Without any the check could not say what is missing: so it names a folder that is no file.
    certificates: (files.length > 0 ? files : crt).map((pem) => ({ pem })),
    ...(alpn === undefined || alpn.length === 0 ? {} : { alpn }),
    ...(isNewest ? { minVersion: '1.3' } : {}),
    ...(ca === undefined || verify === 'none'
      ? {}
      : { clientAuth: { ca, mode: verify === 'required' ? 'require' : 'request' } }),
  };
}
