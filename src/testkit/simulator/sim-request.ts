// One simulated request: from its client through limits, pool and tries to its end. Objects are used again.

import type { Random } from '../../core/random.js';
import type { Denial } from '../../frontend/limits/limit-list.js';
import type { Member } from '../../model/member.js';
import type { AttributeKind, PickContext } from '../../model/pick-context.js';
import type { Lease, LeaseOwner, PendingLease } from '../../pool/lease.js';
import type { RetryPolicy } from '../../pool/retry-policy.js';
import type { RoutedRequest } from '../../route/routed-request.js';
import type { RetryCondition } from '../../spec/config.js';
import type { Cluster } from './cluster.js';
import type { EventQueue, SimTask } from './event-queue.js';
import type { ModelMember } from './model-member.js';
import type { ModelNetwork } from './model-network.js';
import type { PlannedArrival } from './plan.js';
import type { Recorder } from './recorder.js';
import { attributeOf } from './request-attributes.js';
import type { SimClient } from './sim-client.js';
import type { SimFrontend } from './sim-frontend.js';
import type { SimLoop } from './sim-loop.js';
import type { SimNode } from './sim-node.js';
import type { SimPool } from './sim-pool.js';
import { OVERLOADED } from './start-line.js';
import { Work } from './work.js';

/**
 * What its event means, when it comes:
 *
 * ```
 *   start -> (unheard ->) (frozen | held) -> queued -> under way -> answer
 *                                             ^          |-> refused, unreachable, reset, timeout
 *                                             '- paused <-'
 * ```
 */
type Phase =
  | 'idle'
  | 'unheard'
  | 'frozen'
  | 'held'
  | 'queued'
  | 'paused'
  | 'refused'
  | 'unreachable'
  | 'under-way'
  | 'reset'
  | 'unanswered';

type TryOutcome = 'connect-failed' | 'reset' | 'timeout';

const NEVER = Number.POSITIVE_INFINITY;
/** A SYN that nobody answers is sent again after this time, then after twice as long each time (RFC 6298 2.1, 5.5; Linux). */
const FIRST_SYN_WAIT_MS = 1000;

/** @internal Where a request comes from. */
export interface RequestSource {
  readonly plan: PlannedArrival;
  /** It has ended, for its client at `atMs`. */
  onEnded(client: SimClient, atMs: number): void;
}

/** @internal What a request stands in. */
export interface RequestWorld {
  readonly loop: SimLoop;
  readonly queue: EventQueue;
  readonly network: ModelNetwork;
  readonly recorder: Recorder;
  readonly serviceRandom: Random;
  readonly cluster: Cluster;
  /** The object may be used again. */
  free(request: SimRequest): void;
}

/** @internal Everything of one request, on the balancer's side and the member's. */
export class SimRequest extends Work implements PickContext, RoutedRequest, SimTask, LeaseOwner {
  place = -1;
  /** Place among those that are under way. */
  liveIndex = -1;
  // What pools, limits and routes may ask.
  source = '';
  nowMs = 0;
  readonly tried: Member[] = [];
  method = 'GET';
  host = '';
  target = '/';
  node: SimNode | undefined = undefined;
  arrivedMs = 0;
  client!: SimClient;
  stream!: RequestSource;
  pool: SimPool | undefined = undefined;
  /** The member that it is with, or was last. */
  model: ModelMember | undefined = undefined;
  tries = 0;
  readonly #world: RequestWorld;
  #frontend!: SimFrontend;
  #retries: RetryPolicy | undefined = undefined;
  #lease: Lease | undefined = undefined;
  #pending: PendingLease | undefined = undefined;
  #phase: Phase = 'idle';
  /** Rises with every use of the object: late promises see that they are too late. */
  #life = 0;
  /** Until the client's kernel sends its next SYN, ms. */
  #synWaitMs = FIRST_SYN_WAIT_MS;
  /** To the client and back, ms. */
  #clientMs = 0;
  #deadlineMs = NEVER;
  #connectedMs = 0;
  #answerMs = NEVER;
  #timeoutMs = NEVER;
  /** Reasons why nothing comes from the member: its process stands, a line is cut. */
  #frozen = 0;
  #isAdmitted = false;
  /** Its event came while its node was stopped. */
  #isDeferred = false;
  #status = 0;

  constructor(world: RequestWorld) {
    super();
    this.#world = world;
  }

  get nodeIndex(): number {
    return this.node?.index ?? 0;
  }

  attribute(kind: AttributeKind, name: string): string | undefined {
    return attributeOf(this, kind, name);
  }

  hasHeader(name: string, value: string): boolean {
    return this.attribute('header', name) === value;
  }

  /** A client sends it. */
  start(client: SimClient, stream: RequestSource): void {
    const { queue, network } = this.#world;
    const { nowMs } = queue;
    const { plan } = stream;
    this.client = client;
    this.stream = stream;
    this.source = client.source;
    this.arrivedMs = nowMs;
    this.node = undefined;
    this.tries = 0;
    this.model = undefined;
    this.pool = undefined;
    this.#isDeferred = false;
    if (this.tried.length > 0) this.tried.length = 0;
    const line = network.links.clients;
    this.#clientMs = line.delay() + line.delay() + line.resendDelay();
    this.#deadlineMs = nowMs + plan.timeoutMs;
    this.#synWaitMs = FIRST_SYN_WAIT_MS;
    this.#knock();
  }

  /** Its first segment, or a copy of it, comes to whoever the network takes for the owner of the address. */
  #knock(): void {
    const { queue, cluster } = this.#world;
    const { nowMs } = queue;
    this.nowMs = nowMs;
    const node = cluster.owner;
    if (node === undefined || !node.isReachable || !cluster.holds(node)) {
      const isDatagram = cluster.nodes[0]!.frontend(this.stream.plan.frontend).isUdp;
      return this.#await('unheard', isDatagram ? NEVER : nowMs + this.#synWaitMs);
    }
    this.node = node;
    if (node.state === 'gone') return this.#await('unanswered', nowMs + this.#clientMs);
    if (node.state === 'paused') return this.#await('frozen', NEVER);
    this.enter();
  }

  /** The node takes it. */
  enter(): void {
    const frontend = this.node!.frontend(this.stream.plan.frontend);
    this.#frontend = frontend;
    if (frontend.totalMs !== NEVER)
      this.#deadlineMs = Math.min(this.#deadlineMs, this.#world.queue.nowMs + frontend.totalMs);
    const denial = frontend.judge(this);
    if (denial instanceof Promise) this.#hold(denial);
    else this.#onJudged(denial);
  }

  #hold(denial: Promise<Denial | undefined>): void {
    const { loop } = this.#world;
    const life = this.#life;
    loop.waiting++;
    this.#await('held', NEVER);
    void denial.then((late) => {
      loop.waiting--;
      if (this.#life === life) this.#onJudged(late);
    });
  }

  #onJudged(denial: Denial | undefined): void {
    if (denial !== undefined) return this.#end('limited', denial.limit.config.status ?? 429);
    this.#frontend.noteAllowed(this, this.#world.recorder.invariants, this.#world.queue.nowMs);
    const destination = this.#frontend.route(this);
    if (typeof destination === 'number') return this.#end('answered', destination);
    this.pool = destination;
    this.#retries = destination.pool.retries;
    this.#retries.onRequest(this.#world.queue.nowMs);
    this.#acquire();
  }

  // --- a member

  #acquire(): void {
    const { loop, queue } = this.#world;
    this.nowMs = queue.nowMs;
    const answer = this.pool!.pool.acquire(this);
    if (answer.kind === 'lease') return this.#use(answer);
    if (answer.kind === 'refusal') return this.#onRefused(answer.reason);
    const life = this.#life;
    this.#pending = answer;
    loop.waiting++;
    this.#await('queued', NEVER);
    answer.then((late) => {
      loop.waiting--;
      const isWanted = this.#life === life && this.#pending === answer;
      if (isWanted) this.#pending = undefined;
      if (!isWanted) {
        if (late.kind === 'lease') late.release('aborted');
      } else if (late.kind === 'lease') this.#use(late);
      else this.#onRefused(late.reason);
    });
  }

  #onRefused(reason: string): void {
    const { recorder, queue } = this.#world;
    if (this.tries > 0) recorder.invariants.onRefused(this.pool!, this.tried, queue.nowMs);
    this.#end(this.tries === 0 ? reason : 'failed', 503);
  }

  #use(lease: Lease): void {
    const { recorder } = this.#world;
    lease.owner = this;
    this.#lease = lease;
    this.tries++;
    const model = this.pool!.modelOf(lease.member);
    this.model = model;
    if (this.tries > 1) recorder.onRetry(this);
    recorder.onPick(this, lease.member);
    this.#dial(model);
  }

  #dial(model: ModelMember): void {
    const { queue, network } = this.#world;
    const line = network.links.members;
    const { nowMs } = queue;
    const pool = this.pool!;
    const isKept = this.#frontend.isUdp || pool.takeConnection(model.index);
    const isCut = model.state === 'cut' || this.#isCutFrom(model);
    this.#isAdmitted = false;
    this.#frozen = 0;
    this.#answerMs = NEVER;
    this.#timeoutMs = NEVER;
    if (model.state === 'gone') return this.#await('refused', nowMs + line.delay() + line.delay());
    if (isCut && !isKept) return this.#await('unreachable', nowMs + pool.config.timeouts.connect);
    this.#connectedMs = isKept ? nowMs : nowMs + line.delay() + line.delay() + line.resendDelay();
    this.#timeoutMs = this.#connectedMs + pool.config.timeouts.server;
    model.work.add(this);
    if (isCut || (this.#frontend.isUdp && line.isLost())) this.#frozen++;
    if (model.state === 'paused') this.#frozen++;
    if (this.#frozen === 0) this.#admit(model);
    this.#arm();
  }

  /** The member gets it. */
  #admit(model: ModelMember): void {
    const { queue, network, serviceRandom } = this.#world;
    const line = network.links.members;
    const sentMs = Math.max(this.#connectedMs, queue.nowMs);
    const arrivalMs = sentMs + line.delay() + line.resendDelay();
    const doneMs = model.admit(arrivalMs, serviceRandom);
    const isTaken = doneMs !== OVERLOADED;
    this.#isAdmitted = true;
    this.#status = isTaken ? model.drawStatus(serviceRandom) : 503;
    this.#answerMs = (isTaken ? doneMs : arrivalMs) + line.delay() + line.resendDelay();
  }

  #isCutFrom(model: ModelMember): boolean {
    return (model.cutFrom & (1 << this.node!.index)) !== 0;
  }

  /** Waits for what comes first: the answer, the member's time-out, the client's patience. */
  #arm(): void {
    const answerMs = this.#frozen > 0 ? NEVER : this.#answerMs;
    this.#await('under-way', Math.min(answerMs, this.#timeoutMs));
  }

  #await(phase: Phase, atMs: number): void {
    this.#phase = phase;
    const dueMs = Math.min(atMs, this.#deadlineMs);
    if (dueMs !== NEVER) this.#world.queue.schedule(this, dueMs);
  }

  // --- what comes

  onDue(): void {
    const { nowMs } = this.#world.queue;
    if (this.node?.state === 'paused' && this.#phase !== 'unanswered') {
      // What has come lies in the node's sockets until it goes on, or the client leaves.
      if (nowMs >= this.#deadlineMs) return this.#giveUp();
      this.#isDeferred = true;
      this.#world.queue.schedule(this, this.#deadlineMs);
      return;
    }
    switch (this.#phase) {
      case 'unheard':
        if (nowMs >= this.#deadlineMs) return this.#end('unreachable', 0);
        this.#synWaitMs *= 2;
        return this.#knock();
      case 'unanswered':
        return this.#end(this.node?.state === 'gone' ? 'refused' : 'unreachable', 0);
      case 'refused':
      case 'unreachable':
        return nowMs >= this.#deadlineMs ? this.#giveUp() : this.#onTryFailed('connect-failed');
      case 'reset':
        return this.#onTryFailed(nowMs < this.#connectedMs ? 'connect-failed' : 'reset');
      case 'paused':
        return nowMs >= this.#deadlineMs ? this.#giveUp() : this.#acquire();
      case 'under-way':
        if (this.#frozen === 0 && nowMs >= this.#answerMs) return this.#onAnswer();
        if (nowMs >= this.#timeoutMs) return this.#onTryFailed('timeout');
        return this.#giveUp();
      default:
        return this.#giveUp();
    }
  }

  onReset(): void {
    this.#leaveMember();
    const { queue, network } = this.#world;
    this.#await('reset', queue.nowMs + network.links.members.delay());
  }

  onFrozen(): void {
    this.#frozen++;
    this.#arm();
  }

  onThawed(byMs: number): void {
    this.#frozen = Math.max(0, this.#frozen - 1);
    if (this.#frozen === 0) {
      if (this.#isAdmitted)
        this.#answerMs = Math.max(this.#world.queue.nowMs, this.#answerMs + byMs);
      else this.#admit(this.model!);
    }
    this.#arm();
  }

  onRevoke(): void {
    this.#release('aborted', 0);
    this.#end('revoked', 503);
  }

  /** Its node is gone: the client's connection is reset. */
  onNodeGone(): void {
    this.#pending = undefined;
    this.#release('aborted', 0);
    this.#end('node-gone', 0);
  }

  /** Its node answers no more. */
  onNodeSilent(): void {
    this.#pending = undefined;
    this.#release('aborted', 0);
    this.#life++;
    this.#await('unanswered', NEVER);
  }

  /** Its node goes on. */
  onNodeBack(): void {
    if (this.#phase === 'frozen') this.enter();
    else if (this.#isDeferred) this.#world.queue.schedule(this, this.#world.queue.nowMs);
    this.#isDeferred = false;
  }

  #onAnswer(): void {
    const status = this.#status;
    const { model, pool } = this;
    const { cookie } = this.#lease!;
    this.#leaveMember();
    pool!.keepConnection(model!.index);
    if (status >= 500) this.#world.recorder.onTryFailed(this);
    if (status >= 400 && this.#retriesStatus(status)) return;
    this.#release('ok', status);
    if (cookie !== undefined) this.client.take(cookie);
    this.#end('answered', status);
  }

  /** Whether another member is asked in the place of this answer. */
  #retriesStatus(status: number): boolean {
    const retries = this.#retries!;
    if (!retries.mindsStatuses || !this.#isIdempotent) return false;
    const { nowMs } = this.#world.queue;
    if (!retries.allows(`${status}`, this.tries, nowMs)) return false;
    this.#tryAnother('ok', status);
    return true;
  }

  #onTryFailed(outcome: TryOutcome): void {
    this.#leaveMember();
    this.#world.recorder.onTryFailed(this);
    if (outcome !== 'timeout') this.pool!.dropConnections(this.model!.index);
    const condition = outcome === 'connect-failed' ? 'connect-failure' : 'reset-before-response';
    if (outcome !== 'timeout' && this.#mayReplay(outcome) && this.#isAllowed(condition)) {
      this.#tryAnother(outcome, 0);
      return;
    }
    this.#release(outcome, 0);
    this.#end(outcome, outcome === 'timeout' ? 504 : outcome === 'reset' ? 502 : 503);
  }

  #isAllowed(condition: RetryCondition): boolean {
    return this.#retries!.allows(condition, this.tries, this.#world.queue.nowMs);
  }

  #mayReplay(outcome: TryOutcome): boolean {
    return outcome === 'connect-failed' || (this.#frontend.isHttp && this.#isIdempotent);
  }

  get #isIdempotent(): boolean {
    return this.method === 'GET';
  }

  #tryAnother(outcome: TryOutcome | 'ok', status: number): void {
    const { member } = this.#lease!;
    this.#release(outcome, status);
    this.tried.push(member);
    const { queue, node } = { queue: this.#world.queue, node: this.node! };
    const pauseMs = this.#retries!.backoffMs(this.tries, node.environment.random);
    if (pauseMs > 0) this.#await('paused', queue.nowMs + pauseMs);
    else this.#acquire();
  }

  #giveUp(): void {
    this.#leaveMember();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.cancel();
    this.#release('aborted', 0);
    this.#end('gave-up', 0);
  }

  #leaveMember(): void {
    this.model?.work.delete(this);
  }

  #release(outcome: TryOutcome | 'ok' | 'aborted', status: number): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    this.#leaveMember();
    this.#lease = undefined;
    lease.release(outcome, status);
  }

  /** @param result - `answered`, or why not */
  #end(result: string, status: number): void {
    const { queue, recorder } = this.#world;
    queue.cancel(this);
    this.#phase = 'idle';
    this.#life++;
    const endMs = queue.nowMs + (result === 'gave-up' ? 0 : this.#clientMs);
    recorder.onEnd(this, result, status, endMs - this.arrivedMs);
    this.stream.onEnded(this.client, endMs);
    this.#world.free(this);
  }
}
