import { describe, expect, test } from 'vitest';
import { CLOCK_TOLERANCE_MS, HaChannel, type HaOpened } from '../../../src/ha/channel.js';
import type { HaAdvert } from '../../../src/ha/machine-types.js';
import {
  decodePacket,
  encodePacket,
  nodeName,
  PACKET_BYTES,
  packetKey,
} from '../../../src/ha/packet.js';

const SECRET = 'a secret of two nodes';
let drawn = 0;

function channel(options: { readonly id?: number; readonly secret?: string } = {}): HaChannel {
  const draw = (): string => (++drawn).toString(16).padStart(16, '0');
  return new HaChannel({ id: 51, secret: SECRET, peers: ['peer'], draw, ...options });
}

const ADVERT: HaAdvert = {
  node: nodeName('10.0.0.5', 7946, '00000000000000aa'),
  isActive: true,
  priority: 200,
  intervalMs: 1000,
  successor: nodeName('2001:db8::6', 7946, '00000000000000bb'),
  replaces: undefined,
  wantsReply: false,
};

function refusal(opened: HaOpened): string | undefined {
  return 'refused' in opened ? opened.refused : undefined;
}

describe('a packet', () => {
  test('comes out as it went in', () => {
    const packet = {
      id: 51,
      advert: { ...ADVERT, replaces: ADVERT.node, wantsReply: true },
      instance: '0123456789abcdef',
      sequence: 2 ** 40,
      timeMs: 1_800_000_000_000,
      challenge: '1111111111111111',
      echo: 'ffffffffffffffff',
    };
    const bytes = encodePacket(packet, packetKey(SECRET));
    expect(bytes).toHaveLength(PACKET_BYTES);
    expect(bytes.subarray(0, 10).toString('hex')).toBe('454b010f33c8000003e8');
    expect(decodePacket(bytes, packetKey(SECRET))).toEqual(packet);
  });

  test('is refused when any byte of it was changed', () => {
    const bytes = channel().seal('peer', ADVERT, 0);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ 1;
      expect(['malformed', 'wrong-secret']).toContain(decodePacket(changed, packetKey(SECRET)));
    }
  });

  test('names nodes so that the greater address is the greater text, and IPv4 goes before IPv6', () => {
    const names = ['9.255.255.255', '10.0.0.5', '10.0.0.6', '192.0.2.1', '2001:db8::1', 'fe80::1'];
    const ordered = names.map((host) => nodeName(host, 7946, '00000000000000aa'));
    expect([...ordered].sort()).toEqual(ordered);
    expect(nodeName('10.0.0.5', 9, 'ff'.repeat(8)) < nodeName('10.0.0.5', 10, '00'.repeat(8))).toBe(
      true,
    );
  });
});

describe('HaChannel', () => {
  test('believes what a peer of the same secret and id sends', () => {
    const [a, b] = [channel(), channel()];
    expect(b.open('peer', a.seal('peer', ADVERT, 5000), 5001)).toEqual({ advert: ADVERT });
  });

  test.each([
    ['wrong-secret', channel({ secret: 'another secret of others' })],
    ['wrong-id', channel({ id: 52 })],
  ])('refuses and counts %s', (reason, other) => {
    const own = channel();
    const bytes = other.seal('peer', ADVERT, 0);
    expect(own.open('peer', bytes, 0)).toEqual({ refused: reason, shouldReply: false });
    expect(own.refused).toMatchObject({ [reason]: 1 });
  });

  test('refuses what is no packet, and who is no peer', () => {
    const own = channel();
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(PACKET_BYTES), Buffer.from('EK')])
      expect(refusal(own.open('peer', bytes, 0))).toBe('malformed');
    expect(refusal(own.open(undefined, channel().seal('peer', ADVERT, 0), 0))).toBe('unknown-peer');
    expect(own.refused).toMatchObject({ malformed: 3, 'unknown-peer': 1 });
  });

  test('refuses a packet that comes again, or after a later one, or back to its sender', () => {
    const [a, b] = [channel(), channel()];
    const first = a.seal('peer', ADVERT, 1);
    const second = a.seal('peer', ADVERT, 2);
    expect(refusal(b.open('peer', second, 2))).toBeUndefined();
    expect(refusal(b.open('peer', second, 2))).toBe('replayed');
    expect(refusal(b.open('peer', first, 2))).toBe('replayed');
    expect(refusal(a.open('peer', second, 2))).toBe('replayed');
    expect(b.refused.replayed).toBe(2);
  });

  test('goes on to believe a peer whose clock jumps while it runs', () => {
    const [a, b] = [channel(), channel()];
    b.open('peer', a.seal('peer', ADVERT, 1_000_000), 1_000_000);
    expect(refusal(b.open('peer', a.seal('peer', ADVERT, 5), 1_001_000))).toBeUndefined();
    expect(refusal(b.open('peer', a.seal('peer', ADVERT, 9_000_000), 1_002_000))).toBeUndefined();
  });

  test('believes a restarted peer by its clock', () => {
    const b = channel();
    b.open('peer', channel().seal('peer', ADVERT, 1000), 1000);
    expect(refusal(b.open('peer', channel().seal('peer', ADVERT, 1001), 5000))).toBeUndefined();
  });

  test('refuses packets of an earlier life as old, whatever they echo', () => {
    const [old, fresh, b] = [channel(), channel(), channel()];
    b.open('peer', old.seal('peer', ADVERT, 1000), 1000);
    old.open('peer', b.seal('peer', ADVERT, 1000), 1000);
    // Never arrived; it echoes what b asked of the life before.
    const kept = old.seal('peer', ADVERT, 1001);
    b.open('peer', fresh.seal('peer', ADVERT, 2000), 2000);
    expect(b.open('peer', kept, 2001)).toEqual({ refused: 'old', shouldReply: true });
  });

  test('refuses a restarted peer whose clock jumped until it echoes a challenge', () => {
    const [a, b] = [channel(), channel()];
    const jumped = 1000 + CLOCK_TOLERANCE_MS + 1;
    const opened = b.open('peer', a.seal('peer', ADVERT, jumped), 1000);
    expect(opened).toEqual({ refused: 'clock-jump', shouldReply: true });
    expect(refusal(a.open('peer', b.seal('peer', ADVERT, 1000), jumped))).toBeUndefined();
    expect(refusal(b.open('peer', a.seal('peer', ADVERT, jumped), 1000))).toBeUndefined();
    expect(b.refused).toMatchObject({ 'clock-jump': 1, old: 0 });
  });

  test('lets two whose clocks are apart and who both start find each other', () => {
    const [a, b] = [channel(), channel()];
    const [clockA, clockB] = [5, 1_000_000_000];
    expect(refusal(b.open('peer', a.seal('peer', ADVERT, clockA), clockB))).toBe('clock-jump');
    // b answers: its packet echoes what a asked.
    expect(refusal(a.open('peer', b.seal('peer', ADVERT, clockB), clockA))).toBeUndefined();
    expect(refusal(b.open('peer', a.seal('peer', ADVERT, clockA), clockB))).toBeUndefined();
  });
});
