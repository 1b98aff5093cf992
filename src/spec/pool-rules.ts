// Rules of one pool and of one monitor.
import type { Protocol } from './config.js';
import { checkExtension, type Host } from './host.js';
import { fullAddress, nameOfAddress } from './member.js';
import { isHttp } from './protocol.js';
import type { SpecNode } from './spec-node.js';
import { checkSticky } from './sticky-rules.js';
import { listed, show } from './wording.js';

/** A frontend that uses a pool. */
export interface PoolUser {
  readonly name: string;
  readonly protocol: Protocol;
}

/** Reports every rule that a pool breaks by itself or towards the frontends that use it. */
export function checkPool(pool: SpecNode, host: Host, users: readonly PoolUser[]): void {
  checkMembers(pool);
  checkStrategy(pool.get('strategy'));
  checkDiscovery(pool, host);
  checkSticky(pool.get('sticky'), host);
  const health = pool.get('health');
  if (health.isObject) {
    checkMonitor(health, host);
    const name = health.get('name');
    if (name.isPresent && name.value !== pool.get('name').value) {
      name.fault("an inline monitor has its pool's name; leave the name out");
    }
    checkVerify(health.get('verify'), pool.get('tls'));
  }
  checkAlpn(pool.get('tls').get('alpn'), pool.get('http').get('version').text === '2');
  for (const user of users) checkUse(pool, user);
}

function checkMembers(pool: SpecNode): void {
  const port = pool.get('defaultPort').value;
  const defaultPort = typeof port === 'number' ? port : undefined;
  const names = new Map<string, string>();
  for (const member of pool.get('members').items) {
    const full = checkAddress(member, defaultPort);
    const name = member.get('name').text ?? (full === undefined ? undefined : nameOfAddress(full));
    if (name === undefined) continue;
    const first = names.get(name);
    if (first === undefined) names.set(name, member.path);
    else if (member.get('name').isPresent) {
      member.get('name').fault(`${first} is named ${show(name)} too; names are unique`);
    } else {
      member.fault(`${first} has the same address; give one of them a name`);
    }
  }
}

/**
 * The whole address of a member, or undefined when it has none.
 * One that would be whole with a default port lacks one; anything else is a fault of its shape.
 */
export function checkAddress(
  member: SpecNode,
  defaultPort: number | undefined,
): string | undefined {
  const address = member.text === undefined ? member.get('address') : member;
  if (address.text === undefined) return undefined;
  const full = fullAddress(address.text, defaultPort);
  if (
    full === undefined &&
    defaultPort === undefined &&
    fullAddress(address.text, 1) !== undefined
  ) {
    address.fault(`has no port, and there is no defaultPort; got ${show(address.value)}`);
  }
  return full;
}

/** A check can believe what requests would not, but it has only the pool's TLS to verify by. */
function checkVerify(verify: SpecNode, tls: SpecNode): void {
  if (!verify.isPresent) return;
  if (!tls.isPresent) verify.fault('verify goes with the tls of the pool');
  else if (verify.value === true && tls.get('verify').value === false)
    verify.fault('tls.verify of the pool is false: there is nothing to verify by');
}

/** What TLS agrees on must be what is spoken then. */
function checkAlpn(alpn: SpecNode, isHttp2: boolean): void {
  if (!alpn.isPresent) return;
  const offersHttp2 = alpn.items.some(({ text }) => text === 'h2');
  if (offersHttp2 && !isHttp2) alpn.fault('h2 goes with http.version "2"');
  if (!offersHttp2 && isHttp2) alpn.fault('http.version "2" needs h2');
}

function checkStrategy(strategy: SpecNode): void {
  const bound = strategy.get('boundedLoad');
  if (bound.isPresent && strategy.get('mapping').text === 'modulo') {
    // That map follows who is usable: a full member would move everybody.
    bound.fault('boundedLoad does not go with mapping modulo');
  }
}

function checkDiscovery(pool: SpecNode, host: Host): void {
  const discovery = pool.get('discovery');
  const type = discovery.get('type').text;
  if (type === 'custom') checkExtension(discovery.get('use'), host);
  if (type !== 'dns' || discovery.get('record').text === 'SRV') return;
  if (!discovery.get('port').isPresent && !pool.get('defaultPort').isPresent) {
    discovery
      .get('port')
      .fault('is missing; A and AAAA records need it, or a defaultPort of the pool');
  }
}

function checkUse(pool: SpecNode, { name, protocol }: PoolUser): void {
  if (protocol === 'udp') {
    const header = pool.get('sendProxyProtocol');
    if (header.text !== undefined && header.text !== 'none') {
      header.fault(`the PROXY header is for tcp and http, but frontend ${show(name)} is udp`);
    }
    if (pool.get('tls').isPresent) {
      pool.get('tls').fault(`tls is for tcp and http, but frontend ${show(name)} is udp`);
    }
  }
  if (isHttp(protocol)) return;
  const strategy = pool.get('strategy');
  if (strategy.get('type').text === 'hash') {
    strategy.fault(`hash looks at http requests, but frontend ${show(name)} is ${protocol}`);
  }
  const mode = pool.get('sticky').get('mode');
  if (mode.text === 'cookie' || mode.text === 'header') {
    mode.fault(`${mode.text}s are for http, but frontend ${show(name)} is ${protocol}`);
  }
}

/** Which types know a field; a field that is not listed is for all. */
const FIELD_TYPES: Readonly<Record<string, readonly string[]>> = {
  path: ['http', 'https'],
  method: ['http', 'https'],
  headers: ['http', 'https'],
  version: ['http', 'https'],
  drainOn: ['http', 'https'],
  expect: ['http', 'https', 'udp'],
  // On http it waits for the day the type becomes https, as the reference shows it.
  sni: ['http', 'https', 'tls'],
  verify: ['https', 'tls'],
  send: ['udp'],
  command: ['exec'],
  service: ['grpc'],
  user: ['postgres', 'mysql'],
  ehlo: ['smtp'],
  use: ['custom'],
};

/** What an expanded monitor says in fields that its type does not know. */
const UNUSED_DEFAULTS: Readonly<Record<string, (node: SpecNode) => boolean>> = {
  path: (node) => node.value === '/',
  method: (node) => node.value === 'GET',
  headers: (node) => node.isObject && !node.isFilled,
  expect: (node) =>
    node.isObject &&
    Object.keys(node.value ?? {}).length === 1 &&
    node.get('status').value === '2xx',
};

/** Reports every rule that a monitor breaks. */
export function checkMonitor(monitor: SpecNode, host: Host): void {
  const type = monitor.get('type').text;
  if (type === undefined) return;
  for (const [key, types] of Object.entries(FIELD_TYPES)) {
    const field = monitor.get(key);
    if (!field.isPresent || types.includes(type) || UNUSED_DEFAULTS[key]?.(field) === true)
      continue;
    field.fault(`${key} is for ${listed(types)} monitors, not ${type}`);
  }
  checkExpect(monitor.get('expect'), type);
  if (type === 'exec') {
    if (!monitor.get('command').isPresent)
      monitor.get('command').fault('is missing; exec needs a command');
    if (host.allowExec !== true) {
      monitor
        .get('type')
        .fault('exec monitors run only if the host allows them (allowExec, --allow-exec)');
    }
  }
  if (type === 'custom') {
    if (!monitor.get('use').isPresent) {
      monitor.get('use').fault('is missing; expected the name of an extension');
    }
    checkExtension(monitor.get('use'), host);
  }
}

function checkExpect(expect: SpecNode, type: string): void {
  const given = ['payload', 'text', 'hex'].filter((key) => expect.get(key).isPresent);
  if (given.length > 1) expect.fault(`expected one of payload, text and hex, got ${listed(given)}`);
  const isUdp = type === 'udp';
  if (!isUdp && type !== 'http' && type !== 'https') return;
  if (!isUdp) {
    for (const key of given) expect.get(key).fault(`${key} is for udp monitors, not ${type}`);
    return;
  }
  const status = expect.get('status');
  if (status.isPresent && status.value !== '2xx')
    status.fault('status is for http and https monitors, not udp');
  if (expect.get('body').isPresent)
    expect.get('body').fault('body is for http and https monitors, not udp');
}
