// What the demo tells, step by step: spread, kill, failover, return, live change.
import { Balancer } from '../../balancer/balancer.js';
import { type Clock, sleep, systemClock } from '../../core/clock.js';
import type { BalancerSpec } from '../../spec/balancer.js';
import { quantile, SteadyLoad } from './load.js';
import { DemoMember } from './member.js';
import { createPalette, type Palette } from './paint.js';
import { type Failover, renderReport } from './report.js';
import { canRedraw, DemoView, type Screen } from './view.js';

const FRAME_MS = 500;
const SCENE_MS = 2500;

/**
 * Runs the whole demo in about 15 s.
 * @returns whether every request was answered
 */
export async function playDemo(screen: Screen): Promise<boolean> {
  const story = new Story(screen, systemClock);
  try {
    return await story.play();
  } finally {
    await story.close();
  }
}

/** An event that does not come must not keep the demo waiting for ever. */
function patience(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(10_000) };
}

class Story {
  readonly #clock: Clock;
  readonly #screen: Screen;
  readonly #palette: Palette;
  readonly #view: DemoView;
  readonly #load: SteadyLoad;
  readonly #members = ['blue', 'green', 'amber', 'violet'].map((name) => new DemoMember(name));
  readonly #end = new AbortController();
  #balancer: Balancer | undefined;
  #retried = 0;
  #startedMs = 0;

  constructor(screen: Screen, clock: Clock) {
    this.#clock = clock;
    this.#screen = screen;
    const hasColour = screen.isTTY === true && process.env['NO_COLOR'] === undefined;
    this.#palette = createPalette(hasColour);
    this.#view = new DemoView(screen, this.#palette);
    this.#load = new SteadyLoad(clock);
  }

  async play(): Promise<boolean> {
    const balancer = await this.#startAll();
    const frames = this.#showFrames(balancer);
    await this.#scene('three members share the load');
    const failover = await this.#killOne(balancer);
    await this.#bringItBack(balancer);
    await this.#changeTheSpec(balancer);
    this.#end.abort();
    await frames;
    await this.#load.stop();
    this.#view.end();
    this.#screen.write(`${renderReport(this.#load, failover, this.#palette)}\n`);
    return this.#load.failed === 0;
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#load.stop();
    await this.#balancer?.close();
    await Promise.all(this.#members.map((member) => member.kill()));
  }

  async #startAll(): Promise<Balancer> {
    await Promise.all(this.#members.map((member) => member.start()));
    const balancer = new Balancer(this.#spec([1, 1, 1]));
    this.#balancer = balancer;
    balancer.on('request:retried', () => this.#retried++);
    const { web } = await balancer.start();
    const url = `http://127.0.0.1:${web?.[0]?.port}/`;
    this.#startedMs = this.#clock.now();
    this.#log(`evenkeel demo: load balancer on ${this.#palette.bold(url)}`);
    this.#load.start(url);
    return balancer;
  }

  async #killOne(balancer: Balancer): Promise<Failover> {
    const member = this.#member('amber');
    const killedMs = this.#clock.now();
    const before = { retried: this.#retried, requests: this.#load.latenciesMs.length };
    const isDown = balancer.events.once('member:down', patience());
    this.#log(this.#palette.bold(`kill -9 ${member.name} (pid ${member.pid})`));
    await member.kill();
    const { reason } = await isDown;
    const detectedMs = this.#clock.now() - killedMs;
    this.#log(
      `the balancer took ${member.name} out after ${detectedMs.toFixed(0)} ms: ${reason}; its clients are served by the others`,
    );
    const slowestMs = Math.max(0, ...this.#load.latenciesMs.slice(before.requests));
    await this.#scene();
    const retried = this.#retried - before.retried;
    return { member: member.name, detectedMs, slowestMs, retried };
  }

  async #bringItBack(balancer: Balancer): Promise<void> {
    const member = this.#member('amber');
    const isUp = balancer.events.once('member:up', patience());
    this.#log(this.#palette.bold(`start ${member.name} again`));
    await member.start();
    const { reason } = await isUp;
    await this.#scene(`${member.name} is back in rotation: ${reason}`);
  }

  async #changeTheSpec(balancer: Balancer): Promise<void> {
    this.#log(
      this.#palette.bold('apply a changed spec: add violet, give blue three times the weight'),
    );
    await balancer.apply(this.#spec([3, 1, 1, 1]));
    await this.#scene('applied while requests ran: no listener closed, no connection cut');
  }

  #spec(weights: readonly number[]): BalancerSpec {
    const members = weights.map((weight, i) => {
      const { name, address } = this.#members[i] ?? this.#member('blue');
      return { name, address, weight };
    });
    return {
      name: 'demo',
      frontends: [{ name: 'web', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' }],
      pools: [{ name: 'web', health: 'http:/health:250ms', members }],
    };
  }

  #member(name: string): DemoMember {
    const member = this.#members.find((candidate) => candidate.name === name);
    if (member === undefined) throw new Error(`the demo has no member ${name}`);
    return member;
  }

  #log(text: string): void {
    const seconds = ((this.#clock.now() - this.#startedMs) / 1000).toFixed(1).padStart(5);
    this.#view.log(`${this.#palette.dim(`${seconds} s`)}  ${text}`);
  }

  async #scene(text?: string): Promise<void> {
    if (text !== undefined) this.#log(text);
    await sleep(this.#clock, SCENE_MS);
  }

  /** On a terminal bars twice a second, else a line every second or so. */
  async #showFrames(balancer: Balancer): Promise<void> {
    const { signal } = this.#end;
    const everyMs = canRedraw(this.#screen) ? FRAME_MS : 2 * FRAME_MS;
    let counts = new Map(this.#load.answered);
    let lastMs = this.#clock.now();
    for (;;) {
      await sleep(this.#clock, everyMs, signal);
      if (signal.aborted) return;
      const nowMs = this.#clock.now();
      const rates = new Map<string, number>();
      for (const [name, count] of this.#load.answered)
        rates.set(name, ((count - (counts.get(name) ?? 0)) * 1000) / (nowMs - lastMs));
      this.#view.show({
        status: balancer.status(),
        rates,
        requests: this.#load.requests,
        failed: this.#load.failed,
        retried: this.#retried,
        p99Ms: quantile(this.#load.latenciesMs, 0.99),
      });
      counts = new Map(this.#load.answered);
      lastMs = nowMs;
    }
  }
}
