// Rules of a rate limit: each field where it means something, and keys that the protocol knows.
import type { Protocol } from './config.js';
import { checkExtension, type Host } from './host.js';
import { checkStoreTimeout } from './outside-store.js';
import { isHttp } from './protocol.js';
import type { SpecNode } from './spec-node.js';
import { show } from './wording.js';

/** Reports every rule that a limit breaks. @param protocol - undefined = it is at fault itself, or there is none */
export function checkRateLimit(limit: SpecNode, protocol: Protocol | undefined, host: Host): void {
  const action = limit.get('action').text ?? 'deny';
  const algorithm = limit.get('algorithm').text ?? 'sliding';
  const isDelay = action === 'delay';
  if (algorithm !== 'gcra') refuse(limit, ['burst'], 'algorithm gcra');
  if (algorithm === 'gcra') refuse(limit, ['countDenied'], 'algorithm sliding');
  else if (isDelay) refuse(limit, ['countDenied'], 'action deny or close');
  if (!isDelay) refuse(limit, ['maxDelay', 'maxQueued'], 'action delay');
  if (action === 'close') refuse(limit, ['status'], 'action deny or delay');
  if (isOtherThan(limit.get('key'), 'source-ip')) refuse(limit, ['ipv6Prefix'], 'key source-ip');
  checkStore(limit.get('store'), host);
  checkStoreTimeout(limit);
  if (protocol !== undefined && !isHttp(protocol)) checkPlain(limit, protocol);
}

function refuse(limit: SpecNode, fields: readonly string[], partner: string): void {
  for (const field of fields) {
    if (limit.get(field).isPresent) limit.get(field).fault(`${field} goes with ${partner}`);
  }
}

function isOtherThan(node: SpecNode, value: string): boolean {
  return node.isPresent && node.value !== value;
}

function checkStore(store: SpecNode, host: Host): void {
  const name = store.text;
  if (name === undefined || name === 'memory') return;
  checkExtension(store, host);
  const extension = host.extensions?.[name];
  // What the rate limiter asks of it; said here so that a wrong one is found before anything runs.
  if (extension !== undefined && !hasTake(extension)) {
    store.fault(`extension ${show(name)} is no rate limit store: it has no function "take"`);
  }
}

function hasTake(extension: unknown): boolean {
  if (typeof extension !== 'object' || extension === null) return false;
  return typeof Reflect.get(extension, 'take') === 'function';
}

function checkPlain(limit: SpecNode, protocol: Protocol): void {
  const key = limit.get('key');
  for (const kind of ['header', 'cookie']) {
    if (!key.get(kind).isPresent) continue;
    key.fault(
      `a ${kind} key is for http, not ${protocol}; ${protocol} counts source-ip or frontend`,
    );
  }
  if (limit.get('status').isPresent)
    limit.get('status').fault(`status is for http, not ${protocol}`);
  if (protocol !== 'udp') return;
  const action = limit.get('action');
  if (action.text === 'delay') action.fault('delay is for tcp and http, not udp');
  const store = limit.get('store');
  if (isOtherThan(store, 'memory')) {
    store.fault('udp counts in memory: a datagram can not wait for a store');
  }
}
