// What a chaos run is made of: seeded chance, requests whose bytes name them, and the book in which every fault is written.
import { mark } from './chaos-mark.js';

/** A small seeded generator (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 to `below - 1`. */
  under(below: number): number {
    return Math.floor(this.next() * below);
  }

  one<Thing>(things: readonly Thing[]): Thing {
    return things[this.under(things.length)] as Thing;
  }

  /** Mostly small, sometimes of the size of several reads. */
  size(): number {
    const kind = this.next();
    if (kind < 0.3) return 0;
    if (kind < 0.8) return this.under(2000);
    return kind < 0.95 ? this.under(30_000) : this.under(200_000);
  }
}

/** `bytes` characters that only `name` can have written. */
export function pattern(name: string, bytes: number): string {
  return `${name}.`.repeat(Math.ceil(bytes / (name.length + 1))).slice(0, bytes);
}

/** Some turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** `text` in pieces, cut where chance has it. */
export function cut(text: string, chance: Chance): string[] {
  const pieces: string[] = [];
  const most = chance.one([7, 400, 5000, 70_000, 1_000_000]);
  let at = 0;
  // A piece of a few bytes is for heads: nobody waits for a long body that comes so.
  while (at < text.length) {
    const size = pieces.length > 40 ? text.length : 1 + chance.under(most);
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

/** A body with its framing lines. */
export function frame(body: string, chance: Chance): { lines: string; bytes: string } {
  if (chance.next() < 0.6) return { lines: `Content-Length: ${body.length}\r\n`, bytes: body };
  let bytes = '';
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + chance.under(40_000));
    bytes += `${size.toString(16)}\r\n${body.slice(at, at + size)}\r\n`;
    at += size;
  }
  return { lines: 'Transfer-Encoding: chunked\r\n', bytes: `${bytes}0\r\n\r\n` };
}

/** One request of a run. */
export interface ChaosRequest {
  readonly id: string;
  readonly method: string;
  readonly body: string;
  readonly text: string;
  readonly isUpgrade: boolean;
}

/** Makes a request that is like no other. */
export function chaosRequest(id: string, chance: Chance, maySwitch = true): ChaosRequest {
  const method = chance.one(['GET', 'GET', 'HEAD', 'PUT', 'POST', 'POST', 'DELETE']);
  const isUpgrade = method === 'GET' && chance.next() < 0.05 && maySwitch;
  const hasBody = method === 'PUT' || method === 'POST';
  const body = hasBody ? pattern(id, chance.size()) : '';
  const framed = hasBody ? frame(body, chance) : { lines: '', bytes: '' };
  const upgrade = isUpgrade ? 'Connection: Upgrade\r\nUpgrade: websocket\r\n' : '';
  const text = `${method} /${id} HTTP/1.1\r\nHost: a.test\r\nX-Id: ${id}\r\nX-Mark: ${mark(id)}\r\n${upgrade}${framed.lines}\r\n${framed.bytes}`;
  return { id, method, body, text, isUpgrade };
}

/** What is known of a run: what was asked, what members got, and what went wrong that must not. */
export class ChaosBook {
  readonly seed: number;
  readonly requests: Map<string, ChaosRequest> = new Map();
  /** How often a member has seen the head of a request. */
  readonly arrivals: Map<string, number> = new Map();
  /** Requests that a member treated badly: they may be answered 502, 504 or be cut. */
  readonly harmed: Set<string> = new Set();
  /** How often a request came to a member of HTTP/2, also if it was refused there. */
  readonly tries: Map<string, number> = new Map();
  /** Some requests ask for another protocol: HTTP/1.1 on both sides only. */
  maySwitch = true;
  /** Connections that members have ended with everything on them. */
  kills = 0;
  /** Members are taken away in the middle: that harms anybody. */
  revokes = false;
  /** Bytes of a body that are kept for another try; a longer one is lost with a reused connection that was just closing. */
  keptBody: number = Number.POSITIVE_INFINITY;
  readonly wrongs: string[] = [];
  /** How often each way of an end was seen, to tell a run that tested nothing. */
  readonly seen: Map<string, number> = new Map();

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Whether request `id` need not be answered well. */
  isHarmed(id: string): boolean {
    return this.revokes || this.harmed.has(id);
  }

  /** Chance for one part of the run, the same in every run with this seed, whatever comes first. */
  chance(part: string): Chance {
    let hash = this.seed;
    for (const character of part) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    return new Chance(hash);
  }

  count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  /** A member has read the head of request `id`; how often that was so before. */
  arrive(id: string): number {
    const before = this.arrivals.get(id) ?? 0;
    this.arrivals.set(id, before + 1);
    if (before > 0 && this.requests.get(id)?.method === 'POST')
      this.wrongs.push(`${id}: a POST was sent ${before + 1} times`);
    return before;
  }
}
