// The access log of one frontend: renders what ended, and tells when lines get lost.
import type { FrontendContext } from '../handler.js';
import type { LogWriter } from './log-writer.js';

/** Writes lines for one frontend. */
export class AccessLog {
  readonly #writer: LogWriter;
  readonly #context: FrontendContext;
  /** Lines lost since the reader last took one. */
  #lost = 0;

  constructor(writer: LogWriter, context: FrontendContext) {
    this.#writer = writer;
    this.#context = context;
  }

  /** Writes a line, or counts it as lost. */
  write(line: string): void {
    if (this.#writer.write(line)) {
      if (this.#lost > 0) this.#tell(`access log: ${this.#lost} lines were lost`);
      this.#lost = 0;
      return;
    }
    this.#context.counters.unlogged++;
    if (this.#lost++ === 0) this.#tell('access log: lines are lost, since nobody takes them');
  }

  #tell(reason: string): void {
    const { events, environment, name } = this.#context;
    events.emit('frontend:fault', { frontend: name, at: environment.clock.wallTime(), reason });
  }
}
