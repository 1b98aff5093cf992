// The lines between clients, nodes and members: how long they take, what they lose, and who is cut off.
import type { Random } from '../../core/random.js';
import type { Sampler } from './chance.js';
import type { LinkKind, PlannedLink } from './plan.js';

/** TCP sends a lost segment again after this, then after twice as long, and so on, ms (RFC 6298 as Linux has it). */
export const RESEND_MS = 200;
const MAX_RESENDS = 6;

/** One kind of line. */
export class ModelLink {
  latency: Sampler;
  loss: number;
  readonly #planned: PlannedLink;
  readonly #random: Random;

  constructor(planned: PlannedLink, random: Random) {
    this.#planned = planned;
    this.#random = random;
    this.latency = planned.latency;
    this.loss = planned.loss;
  }

  /** One way, ms. */
  delay(): number {
    return this.latency(this.#random);
  }

  /** What lost segments cost a stream, ms; 0 most of the time. */
  resendDelay(): number {
    let delayMs = 0;
    for (let i = 0; i < MAX_RESENDS && this.isLost(); i++) delayMs += RESEND_MS * 2 ** i;
    return delayMs;
  }

  /** Whether a datagram is lost. */
  isLost(): boolean {
    return this.loss > 0 && this.#random.next() < this.loss;
  }

  /** As planned. */
  restore(): void {
    this.latency = this.#planned.latency;
    this.loss = this.#planned.loss;
  }
}

/** All lines, and which nodes do not reach each other or the clients. */
export class ModelNetwork {
  readonly links: Readonly<Record<LinkKind, ModelLink>>;
  /** For each node: the nodes that it does not reach, a bit for each. */
  readonly #cuts: number[];
  /** Nodes that no client reaches, a bit for each. */
  #clientCuts = 0;

  constructor(
    planned: Readonly<Record<LinkKind, PlannedLink>>,
    nodes: number,
    random: (part: string) => Random,
  ) {
    this.links = {
      clients: new ModelLink(planned.clients, random('clients')),
      members: new ModelLink(planned.members, random('members')),
      peers: new ModelLink(planned.peers, random('peers')),
    };
    this.#cuts = Array.from({ length: nodes }, () => 0);
  }

  reaches(a: number, b: number): boolean {
    return (this.#cuts[a]! & (1 << b)) === 0;
  }

  reachesClients(node: number): boolean {
    return (this.#clientCuts & (1 << node)) === 0;
  }

  setCut(a: number, b: number, isCut: boolean): void {
    this.#cuts[a] = withBit(this.#cuts[a]!, b, isCut);
    this.#cuts[b] = withBit(this.#cuts[b]!, a, isCut);
  }

  setClientCut(node: number, isCut: boolean): void {
    this.#clientCuts = withBit(this.#clientCuts, node, isCut);
  }
}

/** @internal */
export function withBit(bits: number, index: number, isSet: boolean): number {
  return isSet ? bits | (1 << index) : bits & ~(1 << index);
}
