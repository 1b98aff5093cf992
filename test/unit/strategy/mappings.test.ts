// Exact vectors and properties of the hash mappings.
import { crc32 as zlibCrc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../../src/core/hash.js';
import { seededRandom } from '../../../src/core/random.js';
import { Member } from '../../../src/model/member.js';
import { createPickContext } from '../../../src/model/pick-context.js';
import type { StrategyConfig } from '../../../src/spec/config.js';
import { createStrategy } from '../../../src/strategy/registry.js';
import { SourceHash } from '../../../src/strategy/source-hash.js';
import type { Eligible, Picker } from '../../../src/strategy/strategy.js';

const everyone: Eligible = () => true;
const withoutS2: Eligible = (member) => member.name !== 's2';

function membersOf(weights: Readonly<Record<string, number>>): Member[] {
  return Object.entries(weights).map(
    ([name, weight]) => new Member({ name, host: '127.0.0.1', port: 80, weight }),
  );
}

function named(count: number, weight = 1): Member[] {
  return membersOf(Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, weight])));
}

const addresses = Array.from({ length: 60 }, (_, i) => `127.0.0.${i + 2}`);

function pickFor(picker: Picker, source: string, isEligible = everyone): string | undefined {
  return picker.pick(createPickContext({ source }), isEligible)?.name;
}

function keyed(mapping: 'rendezvous' | 'maglev' | 'ketama' | 'modulo', members: Member[]): Picker {
  const config: StrategyConfig = { type: 'hash', key: { header: 'k' }, mapping };
  return createStrategy(config, seededRandom(1)).build(members);
}

function pickKey(picker: Picker, key: string, isEligible = everyone): string | undefined {
  const context = createPickContext({ attributes: { header: { k: key } } });
  return picker.pick(context, isEligible)?.name;
}

const keys = Array.from({ length: 3000 }, (_, i) => `user-${i}`);

describe('source-hash stable', () => {
  test('maps an address to slot crc32(address bytes) mod the sum of weights, in order of name', () => {
    const picker = new SourceHash().build(membersOf({ s3: 2, s1: 3, s2: 1 }));
    const slots = ['s1', 's1', 's1', 's2', 's3', 's3'];
    for (const address of addresses) {
      const slot = zlibCrc32(Uint8Array.from(address.split('.'), Number)) % 6;
      expect(pickFor(picker, address)).toBe(slots[slot]);
    }
  });

  test('hashes all 16 bytes of an IPv6 address, and counts a mapped IPv4 address as IPv4', () => {
    const picker = new SourceHash().build(named(7));
    const bytes = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x51);
    expect(pickFor(picker, '2001:db8::51')).toBe(`m${crc32(bytes) % 7}`);
    for (const address of addresses)
      expect(pickFor(picker, `::ffff:${address}`)).toBe(pickFor(picker, address));
  });

  test('spreads the clients of a failed member over the others and moves nobody else', () => {
    const picker = new SourceHash().build(named(4));
    const wide = Array.from({ length: 4000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    const counts = new Map<string | undefined, number>();
    for (const address of wide) {
      const before = pickFor(picker, address);
      const during = pickFor(picker, address, (member) => member.name !== 'm1');
      if (before === 'm1') counts.set(during, (counts.get(during) ?? 0) + 1);
      else expect(during).toBe(before);
    }
    expect(new Set(counts.keys())).toEqual(new Set(['m0', 'm2', 'm3']));
    for (const count of counts.values()) expect(count).toBeGreaterThan(250);
  });

  test('keeps its slots when a weight is set to 0 live', () => {
    const members = named(3);
    const before = new SourceHash().build(members);
    const [, , last] = members;
    if (last !== undefined) last.state.weight = 0;
    const after = new SourceHash().build(members);
    for (const address of addresses) expect(pickFor(after, address)).toBe(pickFor(before, address));
  });

  test('gives a member configured with weight 0 one slot, so that raising it to 1 moves nobody', () => {
    const before = new SourceHash().build(membersOf({ a: 1, b: 0, c: 1 }));
    const after = new SourceHash().build(membersOf({ a: 1, b: 1, c: 1 }));
    for (const address of addresses) expect(pickFor(after, address)).toBe(pickFor(before, address));
  });

  test('takes any text for a client when it is no address', () => {
    const picker = new SourceHash().build(named(5));
    const names = new Set(keys.slice(0, 50).map((key) => pickFor(picker, key)));
    expect(names.size).toBe(5);
  });
});

describe('source-hash modulo', () => {
  test('maps an IPv4 address to the member of number address mod 3, as HAProxy does', () => {
    const picker = new SourceHash('modulo').build(membersOf({ s1: 1, s2: 1, s3: 1 }));
    for (const [i, address] of addresses.entries())
      expect(pickFor(picker, address)).toBe(`s${((0x7f000000 + i + 2) % 3) + 1}`);
  });

  test('walks the weighted map 3:1:2 -> s1 s1 s3 s1 s2 s3, as HAProxy does', () => {
    const picker = new SourceHash('modulo').build(membersOf({ s1: 30, s2: 10, s3: 20 }));
    const map = ['s1', 's1', 's3', 's1', 's2', 's3'];
    for (const [i, address] of addresses.entries())
      expect(pickFor(picker, address)).toBe(map[(0x7f000000 + i + 2) % 6]);
  });

  test('folds an IPv6 address into the exclusive or of its four words', () => {
    const picker = new SourceHash('modulo').build(named(1000));
    const folded = (0x20010db8 ^ 0x00010002 ^ 0x00030004 ^ 0x00050006) >>> 0;
    expect(pickFor(picker, '2001:db8:1:2:3:4:5:6')).toBe(`m${folded % 1000}`);
  });

  test('makes its map over the usable members when one fails', () => {
    const picker = new SourceHash('modulo').build(membersOf({ s1: 1, s2: 1, s3: 1 }));
    for (const [i, address] of addresses.entries())
      expect(pickFor(picker, address, withoutS2)).toBe(
        (0x7f000000 + i + 2) % 2 === 0 ? 's1' : 's3',
      );
  });

  test('sends a retry to the next member of the same map', () => {
    const members = membersOf({ s1: 1, s2: 1, s3: 1 });
    const picker = new SourceHash('modulo').build(members);
    for (const source of addresses) {
      const first = picker.pick(createPickContext({ source }), everyone);
      const tried = first === undefined ? [] : [first];
      const next = picker.pick(createPickContext({ source, tried }), (m) => !tried.includes(m));
      expect(next).toBe(members[(members.findIndex((m) => m === first) + 1) % 3]);
    }
  });
});

describe('source-hash consistent', () => {
  test.each([10, 250])('gives every one of %i members its share', (count) => {
    const picker = new SourceHash('consistent').build(named(count));
    const counts = new Map<string | undefined, number>();
    for (let i = 0; i < 50_000; i++) {
      const name = pickFor(picker, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect(counts.size).toBe(count);
    for (const share of counts.values()) expect(share * count).toBeGreaterThan(50_000 * 0.6);
  });

  test('moves about a quarter of the clients when a fourth member comes', () => {
    const before = new SourceHash('consistent').build(named(3));
    const after = new SourceHash('consistent').build(named(4));
    const moved = keys.filter((key) => pickFor(before, key) !== pickFor(after, key));
    expect(moved.length / keys.length).toBeGreaterThan(0.2);
    expect(moved.length / keys.length).toBeLessThan(0.3);
    for (const key of moved) expect(pickFor(after, key)).toBe('m3');
  });
});

describe('hash', () => {
  test('modulo maps keys by sdbm: a, b, c go to s2, s3, s1, as in HAProxy', () => {
    const picker = keyed('modulo', membersOf({ s1: 1, s2: 1, s3: 1 }));
    expect(['a', 'b', 'c'].map((key) => pickKey(picker, key))).toEqual(['s2', 's3', 's1']);
  });

  test('the query string of a uri does not count', () => {
    const strategy = createStrategy(
      { type: 'hash', key: 'uri', mapping: 'rendezvous' },
      seededRandom(1),
    );
    const picker = strategy.build(named(50));
    const pick = (uri: string): Member | undefined =>
      picker.pick(createPickContext({ attributes: { uri } }), everyone);
    for (const key of keys.slice(0, 50)) expect(pick(`/${key}?q=${key}`)).toBe(pick(`/${key}`));
  });

  test('a request without the key is balanced round robin, and rebuilding keeps its place', () => {
    const strategy = createStrategy(
      { type: 'hash', key: { cookie: 'id' }, mapping: 'maglev' },
      seededRandom(1),
    );
    const context = createPickContext();
    const members = named(3);
    const picker = strategy.build(members);
    expect(picker.pick(context, everyone)?.name).toBe('m0');
    expect(picker.pick(context, everyone)?.name).toBe('m1');
    expect(strategy.build(members, picker).pick(context, everyone)?.name).toBe('m2');
  });

  test.each(['rendezvous', 'maglev', 'ketama'] as const)(
    '%s gives the same answer whatever the order and the addresses of the members',
    (mapping) => {
      const forward = keyed(mapping, named(7));
      const moved = named(7).map(({ name }) => new Member({ name, host: '10.9.9.9', port: 1 }));
      const backward = keyed(mapping, moved.reverse());
      for (const key of keys) expect(pickKey(backward, key)).toBe(pickKey(forward, key));
    },
  );

  test.each(['rendezvous', 'ketama'] as const)(
    '%s moves only the keys of a removed member',
    (m) => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 8 }),
          fc.nat(7),
          (weights, victim) => {
            const members = membersOf(Object.fromEntries(weights.map((w, i) => [`m${i}`, w])));
            const removed = `m${victim % weights.length}`;
            const before = keyed(m, members);
            const after = keyed(
              m,
              members.filter(({ name }) => name !== removed),
            );
            return keys.slice(0, 200).every((key) => {
              const owner = pickKey(before, key);
              return owner === removed || pickKey(after, key) === owner;
            });
          },
        ),
        { numRuns: 30 },
      );
    },
  );

  test('maglev moves few keys besides those of a removed member', () => {
    const before = keyed('maglev', named(10));
    const after = keyed('maglev', named(9));
    const stray = keys.filter((key) => {
      const owner = pickKey(before, key);
      return owner !== 'm9' && pickKey(after, key) !== owner;
    });
    expect(stray.length / keys.length).toBeLessThan(0.05);
  });

  test('maglev fills its slots almost perfectly evenly', () => {
    const picker = keyed('maglev', named(20));
    const counts = new Map<string | undefined, number>();
    for (let i = 0; i < 200_000; i++) {
      const name = pickKey(picker, `k${i}`);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test('ketama still finds the last eligible member of many', () => {
    const picker = keyed('ketama', named(200));
    expect(pickKey(picker, 'x', (member) => member.name === 'm137')).toBe('m137');
  });

  test('a very heavy ring stays within its bounds', () => {
    const picker = keyed('ketama', named(300, 256));
    expect(new Set(keys.map((key) => pickKey(picker, key))).size).toBe(300);
  });
});

describe('bounded load', () => {
  const config: StrategyConfig = {
    type: 'hash',
    key: { header: 'k' },
    mapping: 'rendezvous',
    boundedLoad: 1.25,
  };

  test('spreads 20 requests of one key as far as the bound asks, and no further', () => {
    const members = named(4);
    const picker = createStrategy(config, seededRandom(1)).build(members);
    const context = createPickContext({ attributes: { header: { k: 'hot' } } });
    for (let i = 0; i < 20; i++) {
      const member = picker.pick(context, everyone);
      if (member !== undefined) member.state.active++;
    }
    const active = members.map(({ state }) => state.active).sort((a, b) => b - a);
    expect(active.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(active[0]).toBe(7); // ceil(1.25 * 20 / 4)
  });

  test('stays with one member while there is no load', () => {
    const picker = createStrategy(config, seededRandom(1)).build(named(4));
    const plain = keyed('rendezvous', named(4));
    for (const key of keys.slice(0, 100)) expect(pickKey(picker, key)).toBe(pickKey(plain, key));
  });

  test('counts only eligible members, so that survivors may take all the load', () => {
    const members = named(4);
    const picker = createStrategy(config, seededRandom(1)).build(members);
    const [survivor] = members;
    const context = createPickContext({ attributes: { header: { k: 'hot' } } });
    for (let i = 0; i < 50; i++) {
      expect(picker.pick(context, (member) => member === survivor)).toBe(survivor);
      if (survivor !== undefined) survivor.state.active++;
    }
  });

  test('is refused with the modulo mapping', () => {
    expect(() => createStrategy({ ...config, mapping: 'modulo' }, seededRandom(1))).toThrow(
      'boundedLoad does not go with mapping "modulo"',
    );
  });
});
