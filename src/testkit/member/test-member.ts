// A server on 127.0.0.1 that does what a script says, and can be killed, paused and started again.
import { createEnvironment, type Environment } from '../../core/environment.js';
import { HttpService } from './http-service.js';
import type { MemberService, ServiceHost } from './member-service.js';
import { type PlannedScript, planScript, type Step } from './script.js';
import { ScriptPlayer, type StepListener } from './script-player.js';
import type { MemberScript } from './script-spec.js';
import { TcpService } from './tcp-service.js';
import { UdpService } from './udp-service.js';

const SERVICES = { http: HttpService, tcp: TcpService, udp: UdpService } as const;

/** A member of a test. It lives in this process: `kill` does to its clients what `kill -9` would. */
export class TestMember implements ServiceHost, StepListener, AsyncDisposable {
  readonly name: string;
  readonly environment: Environment;
  readonly #player: ScriptPlayer;
  readonly #service: MemberService;
  readonly #script: PlannedScript;
  #port: number;
  #requests = 0;
  #isPaused = false;
  #isRunning = false;
  /** Opening and closing the port, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isOpen = false;

  /** @internal Use {@link startMember}. */
  constructor(script: PlannedScript, environment: Environment) {
    this.name = script.name;
    this.environment = environment;
    this.#script = script;
    this.#port = script.port;
    this.#service = new SERVICES[script.protocol](this);
    this.#player = new ScriptPlayer(script, environment.clock, this);
  }

  /** `127.0.0.1:PORT`; the port stays the same over `kill` and `start`. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Requests (http), connections (tcp) or datagrams (udp) that came. */
  get requests(): number {
    return this.#requests;
  }

  /** @internal */
  get step(): Step {
    return this.#player.step;
  }

  /** Opens the port and begins the script anew; does nothing while it runs. Rejects when the port is taken. */
  async start(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isPaused = false;
    this.#player.start();
    await this.#work;
  }

  /** Closes the port and resets every connection. */
  async kill(): Promise<void> {
    this.#isRunning = false;
    this.#player.stop();
    this.#service.reset();
    await this.#setOpen(false);
    this.#service.reset();
  }

  /** Takes everything and answers nothing, as a stopped process does whose kernel lives on. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Answers what comes from now on; what came meanwhile stays unanswered. */
  resume(): void {
    this.#isPaused = false;
  }

  /**
   * Begins another script; name, protocol and port stay.
   * @throws SpecError with every fault
   */
  async play(script: MemberScript | string): Promise<void> {
    const { steps, repeat } = planScript(script);
    const next = { ...this.#script, steps, repeat };
    this.#player.start(next);
    await this.#work;
  }

  /** The end; the same as {@link kill}. */
  close(): Promise<void> {
    return this.kill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  use(): Step | undefined {
    return this.#isPaused ? undefined : this.#player.use();
  }

  /** @internal */
  onRequest(): void {
    this.#requests++;
  }

  /** @internal A port that is closed for a time is really closed; one that refuses by count has to be open. */
  onStep(step: Step): void {
    const isClosed = step.action === 'refuse' && step.first === Number.POSITIVE_INFINITY;
    if (isClosed) this.#service.reset();
    this.#setOpen(!isClosed && this.#isRunning).catch(() => undefined);
  }

  #setOpen(isOpen: boolean): Promise<void> {
    const work = async (): Promise<void> => {
      if (isOpen === this.#isOpen) return;
      this.#isOpen = isOpen;
      if (!isOpen) return this.#service.shut();
      try {
        this.#port = await this.#service.open(this.#port);
      } catch (error) {
        this.#isOpen = false;
        throw error;
      }
    };
    this.#work = this.#work.then(work, work);
    return this.#work;
  }
}

/**
 * Starts a server on 127.0.0.1 that does what the script says. Whoever starts it closes it.
 *
 * @example
 * ```ts
 * const web = await startMember('refuse the first 2, then 300 ms for 5 s, then ok');
 * const dns = await startMember({ protocol: 'udp', steps: [{ do: 'hang', first: 1 }, {}] });
 * ```
 * @throws SpecError with every fault of the script; rejects with the system's error when its port is taken
 */
export async function startMember(
  script: MemberScript | string = {},
  options: { readonly environment?: Partial<Environment> } = {},
): Promise<TestMember> {
  const member = new TestMember(planScript(script), createEnvironment(options.environment));
  await member.start();
  return member;
}
