// The place of a pair in a balancer: what lowers its priority, and what it says.
import type { Emitter } from '../core/emitter.js';
import { EvenkeelError } from '../core/errors.js';
import { HaPair, type HaPairDependencies } from '../ha/ha-pair.js';
import { type BalancerEvents, EVENT_NAMES } from '../model/events.js';
import type { HaConfig, HaTrackConfig } from '../spec/config.js';
import type { Cast } from './cast.js';
import { BalancerReplicas } from './replicas/balancer-replicas.js';

/** What the events of members, pools and frontends may change. */
const WATCHED = EVENT_NAMES.filter((name) => /^(member|pool|frontend):/.test(name));

/** @internal What a pair's place is made from. */
export interface PairParts {
  readonly config: HaConfig;
  /** The one that the host built. */
  readonly given: HaPair | undefined;
  readonly dependencies: HaPairDependencies;
  readonly events: Emitter<BalancerEvents>;
  /** What runs now. */
  readonly cast: () => Cast;
}

/** @internal Ties a pair to a balancer. */
export class PairPlace {
  readonly pair: HaPair;
  readonly #cast: () => Cast;
  readonly #stops: (() => void)[] = [];
  readonly #replicas: BalancerReplicas;
  #isTracking = false;
  #isLeft = false;

  constructor({ config, given, dependencies, events, cast }: PairParts) {
    this.pair = given ?? new HaPair(config, { ...dependencies, events });
    this.#cast = cast;
    this.#replicas = new BalancerReplicas(cast, events);
    this.pair.replicate(this.#replicas.sources);
    for (const name of WATCHED) this.#stops.push(events.on(name, () => this.#trackSoon()));
    if (this.pair.events !== events)
      for (const name of EVENT_NAMES)
        this.#stops.push(this.pair.events.on(name, (payload) => events.emit(name, payload)));
  }

  get config(): HaConfig {
    return this.pair.config;
  }

  /** Whether frontends listen only while it is active. */
  get isListening(): boolean {
    return 'listen' in this.pair.config.address;
  }

  /** Looks at the tracked pools and frontends again. */
  track(): void {
    const failed = this.config.track.filter((item) => !this.#holds(item));
    const by = failed.reduce((sum, { lowerBy }) => sum + lowerBy, 0);
    this.pair.lowerTracked(by, failed.map(describe).join(', ') || 'all that is tracked is well');
  }

  /** Other pools or frontends run now. */
  onCastChanged(): void {
    this.#replicas.onCastChanged();
    this.track();
  }

  /** Lets go of the pair, which goes on. */
  leave(): void {
    this.#isLeft = true;
    this.pair.replicate({});
    for (const stop of this.#stops) stop();
  }

  /** A change may tell of many members: they are looked at once. */
  #trackSoon(): void {
    if (this.#isTracking) return;
    this.#isTracking = true;
    queueMicrotask(() => {
      this.#isTracking = false;
      if (!this.#isLeft) this.track();
    });
  }

  #holds(item: HaTrackConfig): boolean {
    const { pools, frontends } = this.#cast();
    if ('pool' in item) {
      const members = pools.get(item.pool)?.status().members ?? [];
      return members.filter(({ eligible }) => eligible).length >= item.minEligible;
    }
    // One that listens only while active says nothing about a backup.
    if (this.isListening && !this.pair.isActive) return true;
    const status = frontends.get(item.frontend)?.status();
    return status !== undefined && status.addresses.length > 0 && !status.draining;
  }
}

function describe(item: HaTrackConfig): string {
  return 'pool' in item
    ? `pool "${item.pool}" has fewer than ${item.minEligible} eligible members`
    : `frontend "${item.frontend}" does not listen`;
}

/** @internal Refuses what an apply can't do to a pair. @throws EvenkeelError `EK_STATE` */
export function checkPairChange(place: PairPlace | undefined, next: HaConfig | undefined): void {
  if (place !== undefined && next !== undefined) {
    place.pair.checkUpdate(next);
    return;
  }
  if (place === undefined && next === undefined) return;
  throw new EvenkeelError(
    'EK_STATE',
    `ha: a pair can't be ${next === undefined ? 'taken from' : 'given to'} a balancer that is built: make another one`,
    { side: 'client' },
  );
}
