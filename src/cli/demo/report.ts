// The table that the demo ends with.

import { quantile, type SteadyLoad } from './load.js';
import { type Palette, paintMember } from './paint.js';
import { renderCount } from './view.js';

/** How the demo's failover went. */
export interface Failover {
  readonly member: string;
  /** From the kill to `member:down`, ms. */
  readonly detectedMs: number;
  /** The slowest request that ended in that time, ms. */
  readonly slowestMs: number;
  /** Requests that were under way or sent to the dead member and served by another. */
  readonly retried: number;
}

const BAR_WIDTH = 24;

/** Requests, failures, shares, latencies and the failover, as lines for a person. */
export function renderReport(load: SteadyLoad, failover: Failover, palette: Palette): string {
  const { bold, dim, green, red } = palette;
  const total = Math.max(1, load.latenciesMs.length);
  const members = [...load.answered].map(([name, count]) => {
    const share = count / total;
    const bar = paintMember(palette, name, '█'.repeat(Math.round(share * BAR_WIDTH)));
    const percent = `${(share * 100).toFixed(1)} %`.padStart(8);
    return `  ${paintMember(palette, name, name.padEnd(10))}${renderCount(count).padStart(9)}${percent}  ${bar}`;
  });
  const failures = load.failed === 0 ? green('0') : red(`${load.failed} (${load.lastFault})`);
  return [
    '',
    `  ${bold('member'.padEnd(10))}${bold('requests'.padStart(9))}${bold('share'.padStart(8))}`,
    ...members,
    dim(`  ${'─'.repeat(27 + 2 + BAR_WIDTH)}`),
    `  requests        ${bold(renderCount(load.requests))}`,
    `  failed          ${bold(failures)}`,
    `  latency         p50 ${ms(quantile(load.latenciesMs, 0.5))}   p99 ${ms(quantile(load.latenciesMs, 0.99))}`,
    `  failover        ${failover.member} out of rotation ${failover.detectedMs.toFixed(0)} ms after kill -9`,
    `                  ${failover.retried} requests served by another member; slowest meanwhile ${ms(failover.slowestMs)}`,
    '',
  ].join('\n');
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
