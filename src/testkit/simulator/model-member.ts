// A modelled server: works on so many requests at once, keeps others waiting, and can be killed, stopped, slow or faulty.
import { LinkedList } from '../../core/linked-list.js';
import type { Random } from '../../core/random.js';
import type { PlannedModel } from './plan.js';
import { StartLine } from './start-line.js';
import type { Work } from './work.js';

/** - `gone`: its process was killed, its kernel refuses; - `cut`: nothing answers; - `paused`: its kernel accepts, nothing is answered */
export type ModelState = 'running' | 'gone' | 'cut' | 'paused';

/** One server, as all pools and nodes see it that have its address. */
export class ModelMember {
  readonly index: number;
  /** As the spec calls it; the first name where it has several. */
  readonly name: string;
  state: ModelState = 'running';
  slowBy = 1;
  errors: number;
  errorStatus: number;
  /** Nodes that it can't reach, a bit for each. */
  cutFrom = 0;
  readonly work: LinkedList<Work> = new LinkedList();
  readonly #model: PlannedModel;
  readonly #line: StartLine;
  #pausedAtMs = 0;

  constructor(index: number, name: string, model: PlannedModel) {
    this.index = index;
    this.name = name;
    this.#model = model;
    this.errors = model.errors;
    this.errorStatus = model.errorStatus;
    this.#line = new StartLine(model.concurrency, model.backlog);
  }

  /** When a request that arrives then is done, or `OVERLOADED`. What nobody waits for any more is done all the same. */
  admit(arrivalMs: number, random: Random): number {
    return this.#line.admit(arrivalMs, this.drawService(random));
  }

  /** How long it works on one request, ms. */
  drawService(random: Random): number {
    return this.#model.service(random) * this.slowBy;
  }

  /** The status of an answer. */
  drawStatus(random: Random): number {
    return this.errors > 0 && random.next() < this.errors ? this.errorStatus : 200;
  }

  /** A node does not reach it any more, or does again. */
  setCut(node: number, isCut: boolean): void {
    const wasCut = (this.cutFrom & (1 << node)) !== 0;
    if (wasCut === isCut) return;
    this.cutFrom = isCut ? this.cutFrom | (1 << node) : this.cutFrom & ~(1 << node);
    for (const item of this.work) {
      if (item.nodeIndex !== node) continue;
      if (isCut) item.onFrozen();
      else item.onThawed(0);
    }
  }

  /** Back to what its model says of errors. */
  restoreErrors(): void {
    this.errors = this.#model.errors;
    this.errorStatus = this.#model.errorStatus;
  }

  /** `gone` and `cut`: what it worked on is lost. */
  stop(state: 'gone' | 'cut'): void {
    this.state = state;
    this.#line.clear();
    for (const item of this.work) {
      if (state === 'gone') item.onReset();
      else item.onFrozen();
    }
  }

  start(): void {
    this.state = 'running';
  }

  pause(nowMs: number): void {
    if (this.state !== 'running') return;
    this.state = 'paused';
    this.#pausedAtMs = nowMs;
    for (const item of this.work) item.onFrozen();
  }

  /** Goes on; what it was working on is that much later. */
  resume(nowMs: number): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    const byMs = nowMs - this.#pausedAtMs;
    this.#line.shift(byMs);
    for (const item of this.work) item.onThawed(byMs);
  }
}
