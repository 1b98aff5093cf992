// What one try of a request on a member did: kept only while somebody listens to tries.
import type { Member } from '../../model/member.js';
import type { Outcome } from '../../model/outcome.js';
import type { RequestReport, TryReport } from '../../model/request-report.js';
import { checkToldHeader, withHeader } from './told-headers.js';

/** One try. Times are monotonic ms, NaN = it never came to that. */
export class TryTrace implements TryReport {
  readonly request: RequestReport;
  readonly number: number;
  readonly pool: string;
  readonly member: string;
  readonly host: string;
  readonly port: number;
  isReused = false;
  readonly leasedMs: number;
  connectedMs: number = Number.NaN;
  answeredMs: number = Number.NaN;
  endMs: number = Number.NaN;
  status = 0;
  outcome: Outcome | '' = '';
  readonly #headers: (readonly [string, string | undefined])[] = [];

  constructor(request: RequestReport, { name, host, port }: Member, nowMs: number) {
    this.request = request;
    this.number = request.tries;
    this.pool = request.pool;
    this.member = name;
    this.host = host;
    this.port = port;
    this.leasedMs = nowMs;
  }

  setHeader(name: string, value: string | undefined): void {
    checkToldHeader(name, value ?? '');
    this.#headers.push([name, value]);
  }

  /** The request as this member gets it. */
  edit(text: string): string {
    let edited = text;
    for (const [name, value] of this.#headers) edited = withHeader(edited, name, value);
    return edited;
  }

  /** What is said of an end after the first is not heard. */
  finish(outcome: Outcome, status: number, nowMs: number): void {
    if (this.outcome !== '') return;
    this.outcome = outcome;
    if (this.status === 0) this.status = status;
    if (status > 0 && Number.isNaN(this.answeredMs)) this.answeredMs = nowMs;
    this.endMs = nowMs;
  }
}
