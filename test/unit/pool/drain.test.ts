import { describe, expect, test } from 'vitest';
import type { DrainResult } from '../../../src/model/events.js';
import type { Lease, LeaseOwner } from '../../../src/pool/lease.js';
import { from, leaseOf, nameOf, type Stage, spread, stage } from './fixture.js';

/** Leases on member a, each with an owner that notes its revocation and, unless it is slow, releases. */
function open(made: Stage, count: number, slow = false): { leases: Lease[]; revoked: string[] } {
  const revoked: string[] = [];
  const owner: LeaseOwner = {
    onRevoke(lease, reason) {
      revoked.push(reason);
      if (!slow) lease.release('aborted');
    },
  };
  const leases: Lease[] = [];
  while (leases.length < count) {
    const lease = leaseOf(made.pool.acquire(from('192.0.2.1')));
    lease.owner = owner;
    if (lease.member.name === 'a') leases.push(lease);
    else lease.release('ok');
  }
  return { leases, revoked };
}

/** Settles promises and says what a drain came to, undefined while it waits. */
async function peek(made: Stage, drain: Promise<DrainResult>): Promise<DrainResult | undefined> {
  const settled = made.clock.advanceAsync(0).then(() => undefined);
  return Promise.race([drain, settled]);
}

describe('Pool.drain', () => {
  test('keeps a deadline of many weeks', async () => {
    const made = stage('a b');
    open(made, 1);
    const days = 86_400_000;
    const drain = made.pool.drain('a', { deadlineMs: 30 * days });
    made.clock.advance(30 * days);
    expect(await drain).toEqual({ completed: 0, aborted: 1, stillOpen: 0 });
  });

  test('takes no new clients and ends when the last lease has', async () => {
    const made = stage('a b');
    const { leases } = open(made, 2);
    const drain = made.pool.drain('a');
    expect(spread(made.pool, 4)).toEqual({ b: 4 });
    leases[0]?.release('ok');
    expect(await peek(made, drain)).toBeUndefined();
    leases[1]?.release('reset');
    expect(await peek(made, drain)).toEqual({ completed: 2, aborted: 0, stillOpen: 0 });
    expect(made.log).toEqual(['member:state a', 'member:draining a', 'member:drained a']);
    expect(made.payloads[2]).toMatchObject({ pool: 'web', completed: 2, aborted: 0, stillOpen: 0 });
    expect(made.clock.pending).toBe(0);
  });

  test('ends at once when nothing is open', async () => {
    const made = stage('a b');
    expect(await made.pool.drain('a')).toEqual({ completed: 0, aborted: 0, stillOpen: 0 });
  });

  test('revokes what is open at the deadline and counts it as aborted', async () => {
    const made = stage('a b');
    const { leases, revoked } = open(made, 3);
    const drain = made.pool.drain('a', { deadlineMs: 1000 });
    leases[0]?.release('ok');
    await made.clock.advanceAsync(999);
    expect(revoked).toEqual([]);
    await made.clock.advanceAsync(1);
    expect(revoked).toEqual(['drain deadline', 'drain deadline']);
    expect(await drain).toEqual({ completed: 1, aborted: 2, stillOpen: 0 });
    expect(made.pool.member('a')?.state.active).toBe(0);
  });

  test('counts as aborted what its owner releases only later', async () => {
    const made = stage('a b');
    const { leases } = open(made, 1, true);
    const drain = made.pool.drain('a', { deadlineMs: 1000 });
    await made.clock.advanceAsync(1000);
    expect(await drain).toEqual({ completed: 0, aborted: 1, stillOpen: 0 });
    expect(made.pool.member('a')?.state.active).toBe(1);
    leases[0]?.release('aborted');
    expect(made.pool.member('a')?.state.active).toBe(0);
  });

  test('what nobody owns can not be cut: it is still open', async () => {
    const made = stage('a');
    leaseOf(made.pool.acquire(from('192.0.2.1')));
    const drain = made.pool.drain('a', { deadlineMs: 1000 });
    await made.clock.advanceAsync(1000);
    expect(await drain).toEqual({ completed: 0, aborted: 0, stillOpen: 1 });
  });

  test('without a deadline it takes the one of the pool', async () => {
    const made = stage('a', { drain: { timeout: '7s' } });
    open(made, 1);
    const drain = made.pool.drain('a');
    await made.clock.advanceAsync(6999);
    expect(await peek(made, drain)).toBeUndefined();
    await made.clock.advanceAsync(1);
    expect(await drain).toEqual({ completed: 0, aborted: 1, stillOpen: 0 });
  });

  test('an infinite deadline waits for ever', async () => {
    const made = stage('a');
    const { leases } = open(made, 1);
    const drain = made.pool.drain('a', { deadlineMs: Number.POSITIVE_INFINITY });
    expect(made.clock.pending).toBe(0);
    leases[0]?.release('ok');
    expect(await drain).toEqual({ completed: 1, aborted: 0, stillOpen: 0 });
  });

  test('a signal ends the waiting, not the drain', async () => {
    const made = stage('a b');
    const { leases } = open(made, 2);
    const giveUp = new AbortController();
    const drain = made.pool.drain('a', { signal: giveUp.signal });
    leases[0]?.release('ok');
    giveUp.abort();
    expect(await drain).toEqual({ completed: 1, aborted: 0, stillOpen: 1 });
    expect(made.pool.member('a')?.state.admin).toBe('drain');
    expect(made.log).not.toContain('member:drained a');
    expect(made.clock.pending).toBe(0);
  });

  test('a member that is set ready again is not drained', async () => {
    const made = stage('a b');
    open(made, 1);
    const drain = made.pool.drain('a');
    made.pool.setState('a', 'ready');
    expect(await drain).toEqual({ completed: 0, aborted: 0, stillOpen: 1 });
    expect(made.log).not.toContain('member:drained a');
    expect(spread(made.pool, 4)).toEqual({ a: 2, b: 2 });
  });

  test('two drains of one member each count for themselves', async () => {
    const made = stage('a');
    const { leases } = open(made, 2);
    const long = made.pool.drain('a', { deadlineMs: 2000 });
    leases[0]?.release('ok');
    const short = made.pool.drain('a', { deadlineMs: 1000 });
    await made.clock.advanceAsync(1000);
    expect(await short).toEqual({ completed: 0, aborted: 1, stillOpen: 0 });
    expect(await long).toEqual({ completed: 2, aborted: 0, stillOpen: 0 });
  });

  test('closing the pool ends the waiting', async () => {
    const made = stage('a');
    open(made, 1);
    const drain = made.pool.drain('a');
    await made.pool.close();
    expect(await drain).toEqual({ completed: 0, aborted: 0, stillOpen: 1 });
    expect(made.clock.pending).toBe(0);
  });

  test('a name that is not there is a fault with a hint', async () => {
    const { pool } = stage('web-1 web-2');
    await expect(pool.drain('web1')).rejects.toThrow(
      'pool "web" has no member "web1"; did you mean "web-1"?',
    );
  });
});

describe('Pool.remove', () => {
  test('takes the member out at once and lets its work finish', async () => {
    const made = stage('a b');
    const { leases } = open(made, 1);
    const a = made.pool.member('a');
    const removal = made.pool.remove('a');
    expect(made.pool.members.map((member) => member.name)).toEqual(['b']);
    expect(made.pool.config.members.map((member) => member.name)).toEqual(['b']);
    expect(spread(made.pool, 2)).toEqual({ b: 2 });
    expect(made.checker.watched.has('a')).toBe(false);
    leases[0]?.release('ok', 200);
    expect(await removal).toEqual({ completed: 1, aborted: 0, stillOpen: 0 });
    expect(a?.state.active).toBe(0);
    expect(made.log).toEqual(['member:draining a', 'member:drained a', 'member:removed a']);
    expect(made.payloads[2]).toMatchObject({ completed: 1, aborted: 0, stillOpen: 0 });
  });

  test('an idle member is gone without a drain', async () => {
    const made = stage('a b');
    expect(await made.pool.remove('a')).toEqual({ completed: 0, aborted: 0, stillOpen: 0 });
    expect(made.log).toEqual(['member:removed a']);
  });

  test('the name is free again while the old member still drains', async () => {
    const made = stage('a b');
    const { leases } = open(made, 1);
    const removal = made.pool.remove('a');
    const newcomer = made.pool.add({ name: 'a', address: '10.0.0.9:80' });
    made.checker.tell('a', 'up');
    expect(newcomer.state.active).toBe(0);
    const lease = leaseOf(made.pool.acquire(from('192.0.2.1')));
    leases[0]?.release('ok');
    expect(await removal).toEqual({ completed: 1, aborted: 0, stillOpen: 0 });
    lease.release('ok');
    expect(made.pool.member('a')).toBe(newcomer);
  });

  test('the last member leaves an empty pool behind', async () => {
    const made = stage('a');
    await made.pool.remove('a');
    expect(made.log).toEqual(['pool:empty', 'member:removed a']);
    expect(nameOf(made.pool.acquire(from('192.0.2.1')))).toBe('no-member');
  });
});
