// Two real balancers on 127.0.0.1 that share one address: the active one listens, the other one stands by.
import { Balancer, type BalancerOptions } from '../../balancer/balancer.js';
import { sleep, systemClock } from '../../core/clock.js';
import type { BalancerSpec } from '../../spec/balancer.js';
import type { FrontendConfig } from '../../spec/config.js';
import type { Duration } from '../../spec/leaf.js';
import { parseSpec } from '../../spec/parse.js';
import { findFreePorts } from './free-port.js';

/** What a pair runs, and how its nodes elect. */
export interface StartPairOptions {
  /** What both run. A port 0 in `bind` becomes one port that both know. */
  readonly spec: Omit<BalancerSpec, 'ha' | 'name'>;
  /** @defaultValue 100ms */
  readonly advertInterval?: Duration;
  /** Of the first and the second node. @defaultValue [200, 100] */
  readonly priorities?: readonly [number, number];
  /** What the active one copies to the other one. @defaultValue nothing */
  readonly replicate?: NonNullable<BalancerSpec['ha']>['replicate'];
  /** For both balancers. */
  readonly options?: BalancerOptions;
}

/** Between two looks at who follows whom, ms. */
const WAIT_MS = 5;

const SECRET = 'a pair on one machine';

/** Two nodes, `first` the better one. Whoever starts a pair closes it. */
export class TestPair implements AsyncDisposable {
  readonly first: Balancer;
  readonly second: Balancer;
  /** `127.0.0.1:PORT` of the first `bind`: where clients go, whoever is active. */
  readonly address: string;
  readonly #gone: Set<Balancer> = new Set();

  /** @internal Use {@link startPair}. */
  constructor(first: Balancer, second: Balancer, address: string) {
    this.first = first;
    this.second = second;
    this.address = address;
  }

  /** The active node; undefined = none is at the moment. */
  get active(): Balancer | undefined {
    return [this.first, this.second].find(
      (node) => !this.#gone.has(node) && node.status().ha?.role === 'active',
    );
  }

  /** Resolves when the node holds the address. */
  async untilActive(node: Balancer): Promise<void> {
    while (node.status().ha?.isHeld !== true) await node.events.once('ha:acquired');
  }

  /** The node ends and hands over. */
  async stop(node: Balancer): Promise<void> {
    this.#gone.add(node);
    await node.close();
  }

  async close(): Promise<void> {
    await Promise.all([this.stop(this.first), this.stop(this.second)]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts two balancers in this process and waits until the better one is active, the other one follows it and has what is copied.
 *
 * @example
 * ```ts
 * await using pair = await startPair({ spec });
 * await pair.stop(pair.first);
 * await pair.untilActive(pair.second);
 * ```
 * @throws SpecError with every fault of the spec
 */
export async function startPair(options: StartPairOptions): Promise<TestPair> {
  const { spec, advertInterval = '100ms', priorities = [200, 100], replicate = [] } = options;
  const written = parseSpec(spec, options.options).frontends;
  const wanted = written.flatMap(({ bind }) => bind).filter(isAnyPort).length;
  const [one = 0, other = 0, ...free] = await findFreePorts(2 + wanted);
  const ports = [one, other] as const;
  const binds = fixPorts(written, free);
  const frontends = (spec.frontends ?? []).map((frontend, index) => ({
    ...frontend,
    bind: binds[index] ?? frontend.bind,
  }));
  const [first, second] = ([0, 1] as const).map(
    (index) =>
      new Balancer(
        {
          ...spec,
          frontends,
          ha: {
            id: 1,
            priority: priorities[index],
            bind: `127.0.0.1:${ports[index]}`,
            peers: [`127.0.0.1:${ports[1 - index]}`],
            address: { listen: 'local' },
            advertInterval,
            replicate,
          },
        },
        { haSecret: () => SECRET, ...options.options },
      ),
  );
  const pair = new TestPair(first!, second!, binds[0]?.[0] ?? '');
  try {
    await Promise.all([pair.first.start(), pair.second.start()]);
    const better = priorities[0] >= priorities[1] ? pair.first : pair.second;
    await pair.untilActive(better);
    await untilFollowed(better, better === pair.first ? pair.second : pair.first, replicate.length);
  } catch (error) {
    await pair.close();
    throw error;
  }
  return pair;
}

/** Both know each other, and what is copied has come once. */
async function untilFollowed(active: Balancer, other: Balancer, kinds: number): Promise<void> {
  const isKnown = (): boolean =>
    active.status().ha?.peers[0]?.state === 'alive' && other.status().ha?.active !== undefined;
  const isCopied = (): boolean => kinds === 0 || other.status().ha?.replication.isSynced === true;
  while (!isKnown() || !isCopied()) await sleep(systemClock, WAIT_MS);
}

/** The addresses of each frontend, with one of the free ports in the place of each 0. */
function fixPorts(
  frontends: readonly FrontendConfig[],
  free: readonly number[],
): readonly (readonly string[])[] {
  const left = [...free];
  return frontends.map(({ bind }) =>
    bind.map((address) => (isAnyPort(address) ? address.slice(0, -1) + left.shift() : address)),
  );
}

function isAnyPort(address: string): boolean {
  return address.endsWith(':0');
}
