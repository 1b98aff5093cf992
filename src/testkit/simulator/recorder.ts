// Notes what happens in a simulation, as little as possible for each request.
import type { Member } from '../../model/member.js';
import { Balance, isServing } from './balance.js';
import { Histogram } from './histogram.js';
import { Invariants } from './invariants.js';
import type { ModelMember } from './model-member.js';
import type { SimEvent } from './report-types.js';
import type { SimClient } from './sim-client.js';
import type { SimPool } from './sim-pool.js';

/** Events that are kept. */
const MAX_EVENTS = 20_000;

/** Events after which others may take clients. */
const FLIPS: ReadonlySet<string> = new Set([
  'member:up',
  'member:down',
  'member:added',
  'member:removed',
  'member:draining',
  'member:state',
  'member:weight',
  'member:ejected',
  'member:restored',
  'pool:panic',
]);

/** What the recorder looks at of a request. */
export interface RecordedRequest {
  readonly arrivedMs: number;
  readonly nowMs: number;
  readonly client: SimClient;
  readonly model: ModelMember | undefined;
  readonly pool: SimPool | undefined;
  readonly tried: readonly Member[];
  readonly tries: number;
}

/** @internal Counters of one run. */
export class Recorder {
  readonly bucketMs: number;
  readonly buckets: number;
  readonly lateMs: number;
  readonly requests: Uint32Array;
  readonly failed: Uint32Array;
  readonly limited: Uint32Array;
  readonly late: Uint32Array;
  readonly queued: Uint32Array;
  readonly latency: Histogram;
  /** By member, then by piece of the timeline. */
  readonly picks: Uint32Array;
  readonly memberFailures: Uint32Array;
  readonly balance: Balance;
  readonly invariants: Invariants = new Invariants();
  readonly failures: Map<string, number> = new Map();
  /** When the requests came that failed. */
  readonly failedAt: number[] = [];
  readonly events: SimEvent[] = [];
  readonly owners: { readonly atMs: number; readonly node: string }[] = [];
  droppedEvents = 0;
  answered = 0;
  retried = 0;
  latencySum = 0;
  latencyMax = 0;
  moves = 0;
  needlessMoves = 0;

  /** @param durationMs - of the scenario */
  constructor(durationMs: number, bucketMs: number, members: number, lateMs: number) {
    this.bucketMs = bucketMs;
    this.buckets = Math.max(1, Math.ceil(durationMs / bucketMs));
    this.lateMs = lateMs;
    this.requests = new Uint32Array(this.buckets);
    this.failed = new Uint32Array(this.buckets);
    this.limited = new Uint32Array(this.buckets);
    this.late = new Uint32Array(this.buckets);
    this.queued = new Uint32Array(this.buckets);
    this.latency = new Histogram(this.buckets);
    this.picks = new Uint32Array(members * this.buckets);
    this.memberFailures = new Uint32Array(members);
    this.balance = new Balance(members);
  }

  bucketOf(atMs: number): number {
    return Math.min(this.buckets - 1, Math.floor(atMs / this.bucketMs));
  }

  onPick(request: RecordedRequest, member: Member): void {
    const model = request.model!;
    const pool = request.pool!;
    const { client } = request;
    this.picks[model.index * this.buckets + this.bucketOf(request.nowMs)]!++;
    this.balance.onPick(pool);
    this.invariants.onPick(pool, member, request.nowMs);
    const { lastMember, lastPool } = client;
    if (lastMember !== undefined && lastMember !== model && lastPool === pool.config.name)
      this.#onMove(request, pool, lastMember);
  }

  /** Whether its last member would have taken it: a full one keeps it waiting, so that is no reason to go elsewhere. */
  #onMove({ tried }: RecordedRequest, pool: SimPool, last: ModelMember): void {
    this.moves++;
    const before = pool.memberOf(last);
    if (before !== undefined && isServing(before) && !tried.includes(before)) this.needlessMoves++;
  }

  onRetry(_request: RecordedRequest): void {
    this.retried++;
  }

  /** @param result - `answered`, `limited`, or why not */
  onEnd(request: RecordedRequest, result: string, status: number, latencyMs: number): void {
    const bucket = this.bucketOf(request.arrivedMs);
    this.requests[bucket]!++;
    if (result === 'limited') {
      this.limited[bucket]!++;
      return;
    }
    const isGood = result === 'answered' && status < 500;
    if (!isGood) {
      this.#onFailure(request, result === 'answered' ? `status ${status}` : result, bucket);
      return;
    }
    this.answered++;
    const { client, model, pool } = request;
    if (model !== undefined && pool !== undefined)
      client.onAnswer(model, pool.config.name, request.nowMs, request.arrivedMs + latencyMs);
    this.latency.add(bucket, latencyMs);
    this.latencySum += latencyMs;
    if (latencyMs > this.latencyMax) this.latencyMax = latencyMs;
    if (latencyMs > this.lateMs) this.late[bucket]!++;
  }

  #onFailure(request: RecordedRequest, reason: string, bucket: number): void {
    this.failed[bucket]!++;
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
    this.failedAt.push(request.arrivedMs);
  }

  /** A member failed a request, which may be tried elsewhere. */
  onTryFailed({ model }: RecordedRequest): void {
    if (model !== undefined) this.memberFailures[model.index]!++;
  }

  /** An event of a balancer, a pair or a fault. */
  onEvent(event: SimEvent): void {
    if (FLIPS.has(event.name)) this.balance.onFlip();
    if (this.events.length < MAX_EVENTS) this.events.push(event);
    else this.droppedEvents++;
  }
}
