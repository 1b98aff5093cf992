// Active checks: what a user writes, and what it expands to.
import type { z } from 'zod';
import { hostName } from './address-leaf.js';
import type { MonitorConfig, MonitorType, PayloadConfig } from './config.js';
import { filled } from './filled.js';
import { headerName, headerValue, method, statuses, urlPath } from './http-leaf.js';
import {
  anyText,
  type Duration,
  duration,
  flag,
  hexBytes,
  integer,
  milliseconds,
  name,
  port,
  regex,
  text,
  textLeaf,
} from './leaf.js';
import {
  either,
  list,
  mapOf,
  type ObjectOf,
  object,
  oneOf,
  optional,
  required,
  type Shape,
} from './shape.js';
import { isMonitorShorthand, parseMonitorShorthand } from './shorthand.js';

/** Kinds of active checks, in the order of the reference. */
export const MONITOR_TYPES: readonly MonitorType[] = [
  'tcp',
  'http',
  'https',
  'tls',
  'udp',
  'grpc',
  'redis',
  'postgres',
  'mysql',
  'ldap',
  'smtp',
  'exec',
  'custom',
];

/** What a good answer looks like. */
export interface ExpectSpec {
  /** http, https: `"2xx"`, `"200,204"`, `"200-299"`. @defaultValue '2xx' */
  readonly status?: string | number;
  /** http, https: what the first 64 KiB of the body must contain or match. @defaultValue anything */
  readonly body?: { readonly contains: string } | { readonly regex: string };
  /** udp: bytes the answer must start with. @defaultValue any answer */
  readonly payload?: PayloadConfig;
  /** udp: short for `payload: { text }`. */
  readonly text?: string;
  /** udp: short for `payload: { hex }`. */
  readonly hex?: string;
}

/**
 * One active check, shared by name (`monitors`) or inline in a pool.
 * @example { name: 'main', type: 'http', path: '/health', interval: '5s', fall: 3, rise: 2 }
 */
export interface MonitorSpec {
  /** Unique among `monitors`; an inline monitor has its pool's name and is given none. */
  readonly name?: string;
  readonly type: MonitorType;
  /** Port to check, 1-65535. @defaultValue the member's */
  readonly port?: number;
  /** From the end of a check to the start of the next, at least 10ms; jittered. @defaultValue 5s */
  readonly interval?: Duration;
  /** The same while a member goes up or down. @defaultValue `interval` */
  readonly fastInterval?: Duration;
  /** The same while a member is down. @defaultValue `interval` */
  readonly downInterval?: Duration;
  /** A check that takes longer failed; above 0. @defaultValue 2s */
  readonly timeout?: Duration;
  /** Failures in a row before a member is down, at least 1. @defaultValue 3 */
  readonly fall?: number;
  /** Successes in a row before a member is up, at least 1. @defaultValue 2 */
  readonly rise?: number;
  /** State until the first result; `unknown` is usable. @defaultValue 'unknown' */
  readonly initial?: 'unknown' | 'up' | 'down';
  /** http, https. @defaultValue '/' */
  readonly path?: string;
  /** http, https. @defaultValue 'GET' */
  readonly method?: string;
  /** http, https: request headers. @defaultValue none but Host */
  readonly headers?: Readonly<Record<string, string>>;
  /** http, https: the version of HTTP. @defaultValue for a monitor inline in a pool that pool's `http.version`, else '1.1' */
  readonly version?: '1.1' | '2';
  /** http, https and udp. */
  readonly expect?: ExpectSpec;
  /** http, https: this status means: finish bound clients, take no new ones. @defaultValue none */
  readonly drainOn?: string | number;
  /** https, tls: server name; allowed but unused on http. @defaultValue the name in the pool's `tls.sni`, else the member's host if it is one */
  readonly sni?: string;
  /** https, tls, inline in a pool with `tls`: whether the member's certificate is verified. @defaultValue `tls.verify` of the pool */
  readonly verify?: boolean;
  /** udp: bytes to send. @defaultValue an empty datagram */
  readonly send?: PayloadConfig;
  /**
   * exec: program and arguments, never a shell; only if the host allows it.
   * A program like `./check.sh` is relative to the spec file, one without a slash is looked for in PATH.
   */
  readonly command?: readonly string[];
  /** grpc: service name. @defaultValue '' (the server as a whole) */
  readonly service?: string;
  /** postgres, mysql: user of the greeting. */
  readonly user?: string;
  /** smtp: name given in EHLO. */
  readonly ehlo?: string;
  /** custom: name of the function in the host's `extensions`. */
  readonly use?: string;
}

const payload: z.ZodType<PayloadConfig> = either<PayloadConfig>(
  'an object with text or hex',
  object<{ readonly text: string }>({ text: required(text, 'Bytes as text (UTF-8).') }),
  object<{ readonly hex: string }>({ hex: required(hexBytes, 'Bytes in hexadecimal.') }),
);

const expectation: ObjectOf<ExpectSpec> = object<ExpectSpec>({
  status: optional(statuses, '"2xx", "200,204", "200-299". Default 2xx.'),
  body: optional(
    either<NonNullable<ExpectSpec['body']>>(
      'an object with contains or regex',
      object<{ readonly contains: string }>({ contains: required(text, 'Text in the body.') }),
      object<{ readonly regex: string }>({ regex: required(regex, 'Pattern of the body.') }),
    ),
    'What the body must contain or match.',
  ),
  payload: optional(payload, 'udp: bytes the answer must start with.'),
  text: optional(text, 'udp: short for payload: {text}.'),
  hex: optional(hexBytes, 'udp: short for payload: {hex}.'),
});

const interval: z.ZodType<Duration> = duration({ min: 10 });

/** The fields of a monitor but its name. */
export const healthShape: Shape<Omit<MonitorSpec, 'name'>> = {
  type: required(oneOf(...MONITOR_TYPES), 'Kind of check.'),
  port: optional(port, "Port to check. Default: the member's."),
  interval: optional(interval, 'End of a check to start of the next. Default 5s.'),
  fastInterval: optional(interval, 'While going up or down. Default: interval.'),
  downInterval: optional(interval, 'While down. Default: interval.'),
  timeout: optional(duration(), 'A check that takes longer failed. Default 2s.'),
  fall: optional(integer(1), 'Failures in a row before down. Default 3.'),
  rise: optional(integer(1), 'Successes in a row before up. Default 2.'),
  initial: optional(
    oneOf('unknown', 'up', 'down'),
    'State until the first result. Default unknown.',
  ),
  path: optional(urlPath, 'http, https. Default /.'),
  method: optional(method, 'http, https. Default GET.'),
  headers: optional(mapOf(headerValue, headerName), 'http, https: request headers.'),
  version: optional(oneOf('1.1', '2'), "http, https. Default: the pool's; of a shared one 1.1."),
  expect: optional(expectation, 'What a good answer looks like.'),
  drainOn: optional(statuses, 'http, https: this status asks to drain the member.'),
  sni: optional(hostName, 'https, tls: server name.'),
  verify: optional(flag, "https, tls, inline in a pool with tls. Default: that tls's verify."),
  send: optional(payload, 'udp: bytes to send.'),
  command: optional(list(anyText, 'item', 1), 'exec: program and arguments.'),
  service: optional(anyText, 'grpc: service name. Default: the server as a whole.'),
  user: optional(text, 'postgres, mysql: user of the greeting.'),
  ehlo: optional(hostName, 'smtp: name given in EHLO.'),
  use: optional(text, "custom: name of the function in the host's extensions."),
};

export const monitorSchema: ObjectOf<MonitorSpec> = object<MonitorSpec>(
  {
    name: optional(name, 'Unique among monitors; left out when inline in a pool.'),
    ...healthShape,
  },
  { id: 'Monitor', description: 'One active health check.' },
);

/** A monitor's name or a short form. */
export const shorthand: z.ZodType<string> = textLeaf(
  'a monitor\'s name, "http:/health:5s", "tcp:5s" or "none"',
  (value) =>
    value !== '' && (!isMonitorShorthand(value) || parseMonitorShorthand(value) !== undefined),
);

/** The `health` of a pool: a monitor's name, a short form, `none`, or a monitor inline. */
export const healthSchema: z.ZodType<string | MonitorSpec> = either<string | MonitorSpec>(
  'a monitor\'s name, "http:/health:5s", "tcp:5s", "none" or an object with a type',
  shorthand,
  monitorSchema,
);

function joinStatuses(value: string | number): string {
  return String(value).replaceAll(/\s/g, '');
}

function expandPayload(expect: ExpectSpec): PayloadConfig | undefined {
  if (expect.payload !== undefined) return expect.payload;
  if (expect.text !== undefined) return { text: expect.text };
  return expect.hex === undefined ? undefined : { hex: expect.hex };
}

/** A program with a folder in front is a file like any other; one without is looked for in PATH. */
function expandCommand(
  [program = '', ...args]: readonly string[],
  resolvePath: (path: string) => string,
): readonly string[] {
  return [program.includes('/') ? resolvePath(program) : program, ...args];
}

/** Writes a monitor out. `resolvePath` makes a file's path absolute if the place of the spec file is known. */
export function expandMonitor(
  spec: MonitorSpec,
  name: string,
  resolvePath: (path: string) => string,
): MonitorConfig {
  const interval = milliseconds(spec.interval ?? 5000);
  const expect = spec.expect ?? {};
  return filled<MonitorConfig>({
    name,
    type: spec.type,
    port: spec.port,
    interval,
    fastInterval: milliseconds(spec.fastInterval ?? interval),
    downInterval: milliseconds(spec.downInterval ?? interval),
    timeout: milliseconds(spec.timeout ?? 2000),
    fall: spec.fall ?? 3,
    rise: spec.rise ?? 2,
    initial: spec.initial ?? 'unknown',
    path: spec.path ?? '/',
    method: spec.method ?? 'GET',
    headers: spec.headers ?? {},
    version: spec.version,
    expect: filled<MonitorConfig['expect']>({
      status: joinStatuses(expect.status ?? '2xx'),
      body: expect.body,
      payload: expandPayload(expect),
    }),
    drainOn: spec.drainOn === undefined ? undefined : joinStatuses(spec.drainOn),
    sni: spec.sni,
    verify: spec.verify,
    send: spec.send,
    command: spec.command && expandCommand(spec.command, resolvePath),
    service: spec.service,
    user: spec.user,
    ehlo: spec.ehlo,
    use: spec.use,
  });
}

/**
 * Writes the `health` of a pool out: a name stays, `none` is nothing, everything else is an inline monitor, which speaks the pool's
 * version of HTTP unless it says otherwise.
 */
export function expandHealth(
  spec: string | MonitorSpec | undefined,
  pool: { readonly name: string; readonly httpVersion: '1.1' | '2' },
  resolvePath: (path: string) => string,
): string | MonitorConfig | undefined {
  if (spec === undefined || spec === 'none') return undefined;
  const monitor = typeof spec === 'string' ? parseMonitorShorthand(spec) : spec;
  if (monitor === undefined) return spec as string;
  const expanded = expandMonitor(monitor, pool.name, resolvePath);
  const isHttp = monitor.type === 'http' || monitor.type === 'https';
  if (!isHttp || pool.httpVersion === '1.1' || expanded.version !== undefined) return expanded;
  return { ...expanded, version: pool.httpVersion };
}
