// What the demo shows: a log that scrolls, and on a terminal a block of bars below it that is redrawn in place.
import type { BalancerStatus, MemberStatus } from '../../model/status.js';
import { type Palette, paintMember } from './paint.js';

/** One look at the demo: who gets how much, and how the requests fare. */
export interface Frame {
  readonly status: BalancerStatus;
  /** Requests a second by member since the last frame. */
  readonly rates: ReadonlyMap<string, number>;
  readonly requests: number;
  readonly failed: number;
  readonly retried: number;
  readonly p99Ms: number;
}

/** Where the demo writes: `process.stdout`, or a test's own. */
export interface Screen {
  readonly isTTY?: boolean;
  /** Characters in a line of a terminal. */
  readonly columns?: number;
  write(text: string): unknown;
}

const BAR_WIDTH = 36;
/** On a narrower terminal lines would wrap, and the block could not be redrawn in place. */
const LEAST_COLUMNS = 80;
const NOTE_WIDTH = 24;

/** Shows frames: bars on a terminal, one plain line per frame elsewhere. */
export class DemoView {
  readonly #screen: Screen;
  readonly #palette: Palette;
  #blockLines = 0;
  #lastBlock = '';

  constructor(screen: Screen, palette: Palette) {
    this.#screen = screen;
    this.#palette = palette;
  }

  /** A line that stays. */
  log(line: string): void {
    this.#erase();
    this.#screen.write(`${line}\n`);
    if (this.#lastBlock !== '') this.#draw(this.#lastBlock);
  }

  /** What is going on now; replaces the frame before on a terminal. */
  show(frame: Frame): void {
    if (!canRedraw(this.#screen)) {
      this.#screen.write(`${plainFrame(frame)}\n`);
      return;
    }
    this.#erase();
    this.#draw(this.#block(frame));
  }

  /** Takes the bars away; the log stays. */
  end(): void {
    this.#erase();
    this.#lastBlock = '';
  }

  #block(frame: Frame): string {
    const members = frame.status.pools.flatMap((pool) => pool.members);
    const most = Math.max(1, ...frame.rates.values());
    const bars = members.map((member) =>
      this.#bar(member, frame.rates.get(member.name) ?? 0, most),
    );
    const { bold, dim } = this.#palette;
    const counts = [
      `requests ${bold(renderCount(frame.requests))}`,
      `failed ${bold(renderCount(frame.failed))}`,
      `retried elsewhere ${bold(renderCount(frame.retried))}`,
      `p99 ${bold(`${frame.p99Ms.toFixed(1)} ms`)}`,
    ];
    return ['', ...bars, '', `  ${counts.join(dim('  ·  '))}`, ''].join('\n');
  }

  #bar(member: MemberStatus, rate: number, most: number): string {
    const { dim, red } = this.#palette;
    const filled = Math.round((rate / most) * BAR_WIDTH);
    const bar = paintMember(this.#palette, member.name, '█'.repeat(filled).padEnd(BAR_WIDTH));
    const name = paintMember(this.#palette, member.name, member.name.padEnd(8));
    const perSecond = `${rate.toFixed(0)}/s`.padStart(6);
    const note =
      member.health === 'down'
        ? red(`down: ${member.reason}`.slice(0, NOTE_WIDTH))
        : dim(member.health);
    return `  ${name}${bar}${perSecond}  ${note}`;
  }

  #draw(block: string): void {
    this.#screen.write(`${block}\n`);
    this.#lastBlock = block;
    this.#blockLines = block.split('\n').length;
  }

  #erase(): void {
    // Up to the block's first line, then clear to the end of the screen.
    if (this.#blockLines > 0) this.#screen.write(`\u001b[${this.#blockLines}A\u001b[J`);
    this.#blockLines = 0;
  }
}

/** Whether frames can be drawn over each other. */
export function canRedraw({ isTTY, columns }: Screen): boolean {
  return isTTY === true && (columns ?? LEAST_COLUMNS) >= LEAST_COLUMNS;
}

function plainFrame(frame: Frame): string {
  const members = frame.status.pools
    .flatMap((pool) => pool.members)
    .map((member) => {
      const rate = `${(frame.rates.get(member.name) ?? 0).toFixed(0)}/s`.padStart(5);
      return `${member.name} ${rate}${member.health === 'down' ? ' (down)' : ''}`;
    });
  return `         ${members.join('  ')}  failed ${frame.failed}`;
}

/** `12345` -> `12,345`. */
export function renderCount(count: number): string {
  return count.toLocaleString('en-US');
}
