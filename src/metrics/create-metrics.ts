// Puts the state of a balancer into a prom-client registry: read when it is scraped, never while it serves.
import { Counter, Gauge, Registry } from 'prom-client';
import type { Engine } from '../model/engine.js';
import { type DurationOptions, Durations } from './durations.js';
import type { Family, Reading } from './family.js';
import { FRONTEND_FAMILIES } from './frontend-families.js';
import { MEMBER_FAMILIES, type MemberSubject } from './member-families.js';
import { POOL_FAMILIES } from './pool-families.js';
import { Scrape } from './scrape.js';

/** Where metrics go, and which. */
export interface MetricsOptions {
  /** @defaultValue a registry of their own */
  readonly registry?: Registry;
  /** First word of every name; `haproxy` makes dashboards for HAProxy fit as they are. @defaultValue 'evenkeel' */
  readonly prefix?: string;
  /**
   * Also a histogram of the time that requests take. It listens to `evenkeel:request:end`, which costs something per request.
   * @defaultValue false
   */
  readonly durations?: boolean | DurationOptions;
}

/** Metrics that are kept up to date. */
export interface Metrics extends Disposable {
  /** `await registry.metrics()` is the text to answer a scrape with, `registry.contentType` its type. */
  readonly registry: Registry;
  /** Takes the metrics out of the registry. */
  close(): void;
}

/**
 * Registers metrics of a balancer, named and labelled as those of HAProxy's own exporter: `evenkeel_server_status{proxy,server,state}`.
 * A scrape costs O(frontends + pools + members); a request costs nothing.
 *
 * @throws Error when the registry has a metric of the same name: give each balancer a prefix or registry of its own
 * @example
 * ```ts
 * const { registry } = createMetrics(balancer);
 * createServer(async (_request, response) => {
 *   response.setHeader('Content-Type', registry.contentType);
 *   response.end(await registry.metrics());
 * }).listen(9101);
 * ```
 */
export function createMetrics(balancer: Engine, options: MetricsOptions = {}): Metrics {
  const { registry = new Registry(), prefix = 'evenkeel', durations = false } = options;
  const scrape = new Scrape(balancer);
  const names = [
    ...register(registry, FRONTEND_FAMILIES, {
      room: `${prefix}_frontend`,
      labels: ['proxy'],
      subjects: () => scrape.frontends.map((it) => [{ proxy: it.name }, it] as const),
    }),
    ...register(registry, POOL_FAMILIES, {
      room: `${prefix}_backend`,
      labels: ['proxy'],
      subjects: () => scrape.pools.map((it) => [{ proxy: it.name }, it] as const),
    }),
    ...register<MemberSubject>(registry, MEMBER_FAMILIES, {
      room: `${prefix}_server`,
      labels: ['proxy', 'server'],
      subjects: () =>
        scrape.pools.flatMap(({ name, isHttp, members }) =>
          members.map(
            (it) =>
              [
                { proxy: name, server: it.name },
                { ...it, isHttp },
              ] as const,
          ),
        ),
    }),
  ];
  const listening =
    durations === false
      ? undefined
      : new Durations(balancer, registry, prefix, durations === true ? {} : durations);
  const close = (): void => {
    listening?.close();
    for (const name of names) registry.removeSingleMetric(name);
  };
  return { registry, close, [Symbol.dispose]: close };
}

/** Whose families they are. */
interface Room<Subject> {
  readonly room: string;
  readonly labels: readonly string[];
  /** Everybody there is at the scrape, each with its labels. */
  readonly subjects: () => readonly (readonly [Readonly<Record<string, string>>, Subject])[];
}

/** @returns the names under which the families are registered */
function register<Subject>(
  registry: Registry,
  families: readonly Family<Subject>[],
  { room, labels, subjects }: Room<Subject>,
): string[] {
  return families.map(({ name, help, type, by, read }) => {
    const labelNames = by === undefined ? [...labels] : [...labels, by];
    const settings = { name: `${room}_${name}`, help, labelNames, registers: [registry] };
    if (type === 'gauge') {
      const metric: Gauge = new Gauge({
        ...settings,
        collect: () => {
          metric.reset();
          for (const [own, subject] of subjects())
            write(own, by, read(subject), (all, value) => metric.set(all, value));
        },
      });
    } else {
      const metric: Counter = new Counter({
        ...settings,
        collect: () => {
          metric.reset();
          for (const [own, subject] of subjects())
            write(own, by, read(subject), (all, value) => metric.inc(all, value));
        },
      });
    }
    return settings.name;
  });
}

function write(
  labels: Readonly<Record<string, string>>,
  by: string | undefined,
  reading: Reading,
  put: (labels: Record<string, string>, value: number) => void,
): void {
  if (reading === undefined) return;
  if (typeof reading === 'number') put({ ...labels }, reading);
  else if (by !== undefined)
    for (const [value, count] of Object.entries(reading)) put({ ...labels, [by]: value }, count);
}
