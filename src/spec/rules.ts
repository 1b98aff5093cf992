// Rules of a whole balancer: names are unique, and everything that is referred to exists.
import { canonicalAddress } from './frontend-expansion.js';
import { checkFrontend } from './frontend-rules.js';
import { checkHa } from './ha-rules.js';
import type { Host } from './host.js';
import { checkLimits } from './limits.js';
import { noSuchMonitor } from './no-such-monitor.js';
import { checkMonitor, checkPool, type PoolUser } from './pool-rules.js';
import { protocolOf } from './protocol.js';
import { checkRedirectsToHttps } from './redirect-to-https.js';
import type { SpecNode } from './spec-node.js';
import { noSuchName, show } from './wording.js';

/** Reports every rule that a balancer breaks, as far as its shape lets one tell. */
export function checkBalancer(balancer: SpecNode, host: Host): void {
  const frontends = balancer.get('frontends').items;
  const pools = balancer.get('pools').items;
  const monitors = balancer.get('monitors').items;
  const poolNames = collectNames(pools, 'pool');
  const monitorNames = collectNames(monitors, 'monitor');
  const frontendNames = collectNames(frontends, 'frontend');
  const users = new PoolUsers();

  for (const frontend of frontends) {
    checkFrontend(frontend, host);
    for (const reference of poolReferences(frontend)) {
      checkReference(reference, 'pool', poolNames);
      users.note(reference, frontend);
    }
  }
  checkBinds(frontends, balancer.get('ha').get('bind'));
  checkRedirectsToHttps(frontends);
  for (const pool of pools) {
    checkPool(pool, host, users.of(pool.get('name').text));
    checkHealth(pool, monitorNames);
  }
  for (const monitor of monitors) {
    if (monitor.isObject && !monitor.get('name').isPresent) {
      monitor.get('name').fault('is missing; expected a name that pools refer to');
    }
    if (monitor.get('name').text === 'none') {
      monitor.get('name').fault('"none" means no checks; choose another name');
    }
    checkMonitor(monitor, host);
    const verify = monitor.get('verify');
    if (verify.isPresent)
      verify.fault('verify is for checks inline in a pool with tls; a shared one verifies nothing');
  }
  const ha = balancer.get('ha');
  checkHa(ha, host);
  for (const item of ha.get('track').items) {
    checkReference(item.get('pool'), 'pool', poolNames);
    checkReference(item.get('frontend'), 'frontend', frontendNames);
  }
  if (host.limits !== undefined) checkLimits(balancer, host.limits);
}

class PoolUsers {
  readonly #byPool = new Map<string, PoolUser[]>();

  note(reference: SpecNode, frontend: SpecNode): void {
    const protocol = protocolOf(frontend);
    const pool = reference.text;
    if (pool === undefined || protocol === undefined) return;
    const known = this.#byPool.get(pool) ?? [];
    known.push({ name: frontend.get('name').text ?? frontend.path, protocol });
    this.#byPool.set(pool, known);
  }

  of(pool: string | undefined): readonly PoolUser[] {
    return this.#byPool.get(pool ?? '') ?? [];
  }
}

function collectNames(nodes: readonly SpecNode[], kind: string): ReadonlySet<string> {
  const names = new Map<string, string>();
  for (const node of nodes) {
    const name = node.get('name').text;
    if (name === undefined) continue;
    const first = names.get(name);
    if (first === undefined) names.set(name, node.path);
    else node.get('name').fault(`${first} is a ${kind} named ${show(name)} too; names are unique`);
  }
  return new Set(names.keys());
}

function poolReferences(frontend: SpecNode): readonly SpecNode[] {
  const references = [frontend.get('pool')];
  for (const route of frontend.get('routes').items) {
    references.push(route.get('pool'));
    for (const share of route.get('split').items) references.push(share.get('pool'));
  }
  return references.filter((node) => node.text !== undefined);
}

function checkReference(node: SpecNode, kind: string, known: ReadonlySet<string>): void {
  const name = node.text;
  if (name !== undefined && name !== '' && !known.has(name))
    node.fault(noSuchName(kind, name, known));
}

function checkHealth(pool: SpecNode, monitors: ReadonlySet<string>): void {
  const health = pool.get('health');
  const { text } = health;
  const name = pool.get('name').text;
  if (text === 'none') return;
  if (text !== undefined && !text.includes(':')) {
    if (text !== '' && !monitors.has(text)) health.fault(noSuchMonitor(text, monitors));
  } else if (health.isPresent && name !== undefined && monitors.has(name)) {
    health.fault(
      `an inline monitor has its pool's name, but ${show(name)} is one of the monitors; refer to it or rename it`,
    );
  }
}

/**
 * The same address twice; tcp and udp do not get in each other's way.
 * @param pair - where a pair has its adverts (udp) and copies (tcp)
 */
function checkBinds(frontends: readonly SpecNode[], pair: SpecNode): void {
  const taken = new Map<string, string>();
  for (const frontend of frontends) {
    const transport = protocolOf(frontend) === 'udp' ? 'udp' : 'tcp';
    for (const bind of frontend.get('bind').itemsOrSelf) {
      const address = bind.text === undefined ? undefined : canonicalAddress(bind.text);
      if (address === undefined || address.endsWith(':0')) continue;
      const key = `${transport} ${address}`;
      const first = taken.get(key);
      if (first === undefined) taken.set(key, bind.path);
      else bind.fault(`${show(address)} is bound by ${first} already`);
    }
  }
  const own = pair.text === undefined ? '' : canonicalAddress(pair.text);
  const first = taken.get(`tcp ${own}`) ?? taken.get(`udp ${own}`);
  if (first !== undefined) pair.fault(`${show(own)} is bound by ${first} already`);
}
