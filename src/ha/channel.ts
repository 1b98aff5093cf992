// What is sent and believed between the nodes of a pair: signs adverts, and refuses what is forged, replayed or stale.
import type { HaAdvert } from './machine-types.js';
import { decodePacket, encodePacket, type HaRefusal, packetKey } from './packet.js';

/** How far the clock of a peer that just started may be off before it has to show otherwise that it is new, ms. */
export const CLOCK_TOLERANCE_MS = 10_000;

const NOTHING = '0'.repeat(16);

/** What a channel is made of. */
export interface HaChannelOptions {
  /** 1-255, the same on all nodes. */
  readonly id: number;
  /** Shared by all nodes. */
  readonly secret: string;
  readonly peers: readonly string[];
  /** 16 hex digits that nobody can foresee; called at the start and once for every life of a peer. */
  readonly draw: () => string;
}

/** What became of a datagram. */
export type HaOpened =
  | { readonly advert: HaAdvert }
  /** `shouldReply`: genuine, but not shown to be new; an advert to that peer (at most a few a second) lets it show it. */
  | { readonly refused: HaRefusal; readonly shouldReply: boolean };

/** What is known of one peer's packets. */
interface PeerGuard {
  /** What that peer must echo if its instance is not the known one. */
  challenge: string;
  /** What it wants echoed. */
  echo: string;
  instance: string;
  sequence: number;
  newestMs: number;
}

/**
 * Seals adverts into datagrams and opens those of others. No I/O, no clock.
 *
 * A packet is believed if it is signed with the secret, has the pair's id, and is new:
 * - of the known instance of the peer: its number is greater than any before. Clocks mean nothing here,
 *   so that a clock that jumps does not part a pair that runs.
 * - of another instance (the peer restarted): it echoes our last challenge;
 *   or it is younger than all before and its clock is within {@link CLOCK_TOLERANCE_MS} of ours, which needs no answer from us.
 *
 * A peer that is refused as `old` or `clock-jump` is answered, echoes the challenge in the answer, and is believed.
 */
export class HaChannel {
  readonly instance: string;
  readonly refused: Record<HaRefusal, number> = {
    malformed: 0,
    'unknown-peer': 0,
    'wrong-secret': 0,
    'wrong-id': 0,
    replayed: 0,
    old: 0,
    'clock-jump': 0,
  };
  readonly #id: number;
  readonly #key: Buffer;
  readonly #draw: () => string;
  readonly #guards: Map<string, PeerGuard> = new Map();
  #sequence = 0;

  constructor(options: HaChannelOptions) {
    this.#id = options.id;
    this.#key = packetKey(options.secret);
    this.#draw = options.draw;
    this.instance = options.draw();
    for (const peer of options.peers)
      this.#guards.set(peer, {
        challenge: options.draw(),
        echo: NOTHING,
        instance: NOTHING,
        sequence: 0,
        newestMs: 0,
      });
  }

  /** The bytes of an advert to one peer; every call makes a packet of its own. @param wallMs - Unix ms */
  seal(peer: string, advert: HaAdvert, wallMs: number): Buffer {
    const guard = this.#guards.get(peer);
    const packet = {
      id: this.#id,
      advert,
      instance: this.instance,
      sequence: ++this.#sequence,
      timeMs: wallMs,
      challenge: guard?.challenge ?? NOTHING,
      echo: guard?.echo ?? NOTHING,
    };
    return encodePacket(packet, this.#key);
  }

  /** What a datagram says, or why it is refused, which is counted. @param from - undefined = no peer has that address */
  open(from: string | undefined, bytes: Buffer, wallMs: number): HaOpened {
    const guard = from === undefined ? undefined : this.#guards.get(from);
    if (guard === undefined) return this.#refuse('unknown-peer');
    const packet = decodePacket(bytes, this.#key);
    if (typeof packet === 'string') return this.#refuse(packet);
    if (packet.id !== this.#id) return this.#refuse('wrong-id');
    // Our own packets, sent back to us.
    if (packet.instance === this.instance) return this.#refuse('replayed');
    if (packet.instance === guard.instance) {
      if (packet.sequence <= guard.sequence) return this.#refuse('replayed');
    } else {
      const isProven = packet.echo === guard.challenge;
      if (!isProven) {
        guard.echo = packet.challenge;
        if (packet.timeMs <= guard.newestMs) return this.#refuse('old', true);
        if (Math.abs(packet.timeMs - wallMs) > CLOCK_TOLERANCE_MS)
          return this.#refuse('clock-jump', true);
      }
      // What proved this life must not prove the next one.
      guard.challenge = this.#draw();
      guard.instance = packet.instance;
      guard.newestMs = packet.timeMs;
    }
    guard.sequence = packet.sequence;
    guard.newestMs = Math.max(guard.newestMs, packet.timeMs);
    guard.echo = packet.challenge;
    return { advert: packet.advert };
  }

  #refuse(reason: HaRefusal, shouldReply = false): HaOpened {
    this.refused[reason]++;
    return { refused: reason, shouldReply };
  }
}
