// A proxy that makes things go wrong between any two points.
import { type HostPort, parseHostPort } from '../../core/address.js';
import { createEnvironment, type Environment } from '../../core/environment.js';
import { SpecError, type SpecIssue } from '../../core/errors.js';
import { type FaultSpec, type LineProtocol, planFaults } from './fault-spec.js';
import { TcpFaults } from './tcp-faults.js';
import { UdpFaults } from './udp-faults.js';

/** Where a proxy stands, and what goes wrong from the start. */
export interface FaultProxyOptions {
  /** @defaultValue 'tcp' */
  readonly protocol?: LineProtocol;
  /** `host:port`. @defaultValue '127.0.0.1:0' */
  readonly listen?: string;
  /** `host:port` of what it stands in front of. */
  readonly target: string;
  /** @defaultValue none */
  readonly faults?: FaultSpec;
  /** Time and chance. @defaultValue the machine's */
  readonly environment?: Partial<Environment>;
}

/**
 * Stands between a client and a server, a balancer and a member, or the two of a pair.
 *
 * @example
 * ```ts
 * const proxy = new FaultProxy({ target: member.address });
 * await proxy.start();
 * proxy.set({ latency: '50ms', down: { bandwidth: '64KiB' } });
 * ```
 */
export class FaultProxy implements AsyncDisposable {
  readonly #carrier: TcpFaults | UdpFaults;
  readonly #listen: HostPort;
  readonly #protocol: LineProtocol;
  #port = 0;
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** Opens nothing. @throws SpecError with every fault of the options */
  constructor(options: FaultProxyOptions) {
    const { protocol = 'tcp', listen = '127.0.0.1:0', target, faults = {} } = options;
    const issues: SpecIssue[] = [];
    const from = readAddress('listen', listen, issues);
    const to = readAddress('target', target, issues);
    if (from === undefined || to === undefined) throw new SpecError(issues);
    const environment = createEnvironment(options.environment);
    const planned = planFaults(faults, protocol);
    this.#listen = from;
    this.#protocol = protocol;
    this.#carrier =
      protocol === 'tcp'
        ? new TcpFaults(to, planned, environment)
        : new UdpFaults(to, planned, environment);
  }

  /** `host:port` it listens on, once started. */
  get address(): string {
    const { host } = this.#listen;
    return host.includes(':') ? `[${host}]:${this.#port}` : `${host}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Open connections (tcp) or remembered clients (udp). */
  get open(): number {
    return this.#carrier.open;
  }

  /** Listens. Rejects with the system's error. */
  start(): Promise<void> {
    this.#started ??= this.#carrier.listen(this.#listen).then((port) => {
      this.#port = port;
    });
    return this.#started;
  }

  /** These faults, and no others, from now on: open connections have them too. @throws SpecError */
  set(faults: FaultSpec): void {
    this.#carrier.set(planFaults(faults, this.#protocol));
  }

  /** Nothing goes wrong from now on. */
  clear(): void {
    this.set({});
  }

  /** Resets every open connection once; udp: forgets every client. */
  cut(): void {
    this.#carrier.cut();
  }

  close(): Promise<void> {
    this.#closed ??= this.#carrier.close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function readAddress(path: string, text: string, issues: SpecIssue[]): HostPort | undefined {
  const address = parseHostPort(text);
  const isGood = address !== undefined && (path === 'listen' || address.host !== '');
  if (isGood) return address;
  const message = `expected host:port, got ${JSON.stringify(text)}`;
  issues.push({ path, code: 'EK_SPEC_INVALID', message });
  return undefined;
}
