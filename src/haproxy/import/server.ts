// `server` and `default-server` lines: members, and what they say of their pool.
import type { MemberSpec } from '../../spec/member.js';
import { readServerWords } from '../engine/server-words.js';
import type { ConfigLine } from '../read-config.js';
import { readAddress } from './bind.js';
import { isName, type Names } from './names.js';
import type { Notes } from './notes.js';
import { readCount } from './values.js';

/** A member, and every setting of its line. */
export interface ReadServer {
  readonly member: MemberSpec;
  readonly settings: ReadonlyMap<string, string>;
  readonly line: ConfigLine;
}

/** Words that become a member's, or that the pool looks at. */
const KNOWN: ReadonlySet<string> = new Set([
  'weight',
  'backup',
  'maxconn',
  'disabled',
  'enabled',
  'cookie',
  'id',
  'check',
  'no-check',
  'inter',
  'fastinter',
  'downinter',
  'rise',
  'fall',
  'port',
  'check-ssl',
  'check-sni',
  'check-alpn',
  'check-send-proxy',
  'slowstart',
  'send-proxy',
  'send-proxy-v2',
  'proto',
  'ssl',
  'no-ssl',
  'verify',
  'ca-file',
  'sni',
  'verifyhost',
  'crt',
  'alpn',
  'on-marked-down',
  'init-addr',
  'resolvers',
  'resolve-prefer',
  'ssl-min-ver',
]);

/** Reads the servers of a backend. */
export function readServers(
  lines: readonly ConfigLine[],
  defaults: readonly ConfigLine[],
  names: Names,
  notes: Notes,
): readonly ReadServer[] {
  const shared: string[] = [];
  for (const line of defaults) {
    notes.take(line);
    shared.push(...line.words.slice(1));
  }
  return lines.flatMap((line) => {
    const [, name = '', address = '', ...words] = line.words;
    const settings = readServerWords([...shared, ...words]);
    const place = readAddress(address);
    if (place === undefined || place.startsWith(':')) {
      notes.leave(line, 'The address is not a host with one port.');
      return [];
    }
    notes.take(line);
    for (const key of settings.keys())
      if (!KNOWN.has(key)) notes.approximate(line, `"${key}" is left out.`);
    return [{ member: memberOf(name, place, settings, names, line, notes), settings, line }];
  });
}

function memberOf(
  name: string,
  address: string,
  settings: ReadonlyMap<string, string>,
  names: Names,
  line: ConfigLine,
  notes: Notes,
): MemberSpec {
  const cookie = settings.get('cookie');
  if (cookie !== undefined && !isName(cookie))
    notes.approximate(line, `The cookie's value is the member's name, which can't be "${cookie}".`);
  // The cookie's value is the member's name: clients stay where they are.
  const known = cookie !== undefined && isName(cookie) ? cookie : name;
  const weight = readCount(settings.get('weight'));
  const maxConnections = readCount(settings.get('maxconn'));
  return {
    name: names.of(known),
    address,
    ...(weight === undefined || weight === 1 ? {} : { weight }),
    ...(settings.has('backup') ? { backup: true } : {}),
    ...(maxConnections === undefined || maxConnections === 0 ? {} : { maxConnections }),
    ...(settings.has('disabled') ? { state: 'maintenance' } : {}),
  };
}
