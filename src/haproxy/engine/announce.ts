// What a change of the spec is to whoever listens: the events that the balancer in process has for it.
import type { Emitter } from '../../core/emitter.js';
import type { BalancerEvents, DrainResult } from '../../model/events.js';
import type { CertificateStatus } from '../../model/status.js';
import type { BalancerConfig, MemberConfig } from '../../spec/config.js';
import type { SpecDiff } from '../../spec/diff.js';
import { addressesOf } from './status-rows.js';

/** Emits an event for each member and frontend that came or changed; those that go have theirs when they are gone. */
export function announce(
  events: Emitter<BalancerEvents>,
  at: number,
  diff: SpecDiff,
  { before, after }: { readonly before: BalancerConfig; readonly after: BalancerConfig },
): void {
  for (const name of diff.frontends.added) {
    const frontend = after.frontends.find((item) => item.name === name);
    if (frontend !== undefined)
      events.emit('frontend:listening', {
        at,
        reason: 'HAProxy listens',
        frontend: name,
        addresses: addressesOf(frontend),
      });
  }
  for (const frontend of diff.frontends.removed)
    events.emit('frontend:closed', {
      at,
      reason: 'HAProxy does not listen any more',
      frontend,
      completed: 0,
      aborted: 0,
      stillOpen: 0,
    });
  for (const { name: pool, members } of diff.pools.changed) {
    for (const member of members.added)
      events.emit('member:added', { at, reason: 'added to the spec', pool, member });
    for (const { name: member, fields } of members.changed) {
      const was = find(before, pool, member);
      const is = find(after, pool, member);
      if (was === undefined || is === undefined) continue;
      const base = { at, reason: 'changed in the spec', pool, member };
      if (fields.includes('weight')) events.emit('member:weight', { ...base, weight: is.weight });
      if (fields.includes('state')) events.emit('member:state', { ...base, state: is.state });
    }
  }
}

/** Emits an event for each frontend whose certificates are others than before. */
export function announceCertificates(
  events: Emitter<BalancerEvents>,
  at: number,
  before: ReadonlyMap<string, readonly CertificateStatus[]>,
  after: ReadonlyMap<string, readonly CertificateStatus[]>,
): void {
  for (const [frontend, certificates] of after) {
    const old = before.get(frontend);
    if (old === undefined || JSON.stringify(old) === JSON.stringify(certificates)) continue;
    events.emit('certificate:replaced', {
      at,
      reason: 'changed in the spec',
      frontend,
      names: [...new Set(certificates.flatMap(({ names }) => names))],
      expiresAt: Math.min(...certificates.map(({ expiresAt }) => expiresAt)),
    });
  }
}

/** Emits the end of each frontend. @returns the sum of how they ended */
export function announceClosed(
  events: Emitter<BalancerEvents>,
  at: number,
  { frontends }: BalancerConfig,
  results: ReadonlyMap<string, DrainResult>,
): DrainResult {
  let completed = 0;
  let aborted = 0;
  for (const { name: frontend } of frontends) {
    const result = results.get(frontend) ?? { completed: 0, aborted: 0, stillOpen: 0 };
    const reason = result.aborted === 0 ? 'drained' : 'the drain deadline passed';
    events.emit('frontend:closed', { at, reason, frontend, ...result });
    completed += result.completed;
    aborted += result.aborted;
  }
  return { completed, aborted, stillOpen: 0 };
}

function find(config: BalancerConfig, pool: string, member: string): MemberConfig | undefined {
  return config.pools
    .find(({ name }) => name === pool)
    ?.members.find(({ name }) => name === member);
}
