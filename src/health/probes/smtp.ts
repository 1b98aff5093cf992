// SMTP (RFC 5321): a 220 banner and a 250 to EHLO.
import type { MonitorConfig } from '../../spec/config.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { quote } from '../reason.js';
import { converse, failure, success } from './conversation.js';

/** Greets as a client would and leaves with QUIT. */
export class SmtpProbe implements Probe {
  readonly #name: string;

  constructor(config: Pick<MonitorConfig, 'ehlo'>) {
    this.#name = config.ehlo ?? 'localhost';
  }

  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    const greeting = `EHLO ${this.#name}\r\n`;
    let isGreeted = false;
    const hear = (received: Buffer): ProbeResult | string | undefined => {
      const [banner, answer] = finalLines(received.toString('latin1'));
      if (banner === undefined) return undefined;
      if (!banner.startsWith('220')) return failure(`banner ${quote(banner)}`);
      if (answer !== undefined)
        return answer.startsWith('250')
          ? success('250 to EHLO')
          : failure(`EHLO answered ${quote(answer)}`);
      if (isGreeted) return undefined;
      isGreeted = true;
      return greeting;
    };
    return converse(target, { farewell: 'QUIT\r\n', hear }, signal);
  }
}

/** The last line of each complete reply: `250-A`, `250 B` is one reply that ends in `250 B` (RFC 5321 4.2.1). */
function finalLines(text: string): string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.trimEnd())
    .filter((line) => !/^\d{3}-/.test(line));
}
