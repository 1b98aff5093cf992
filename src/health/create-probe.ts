// From a monitor's type to its probe: one row per type.
import { EvenkeelError } from '../core/errors.js';
import type { MonitorConfig, MonitorType, PoolTlsConfig } from '../spec/config.js';
import type { Probe } from './probe.js';
import { type CustomCheck, CustomProbe } from './probes/custom.js';
import { ExecProbe } from './probes/exec.js';
import { GrpcProbe } from './probes/grpc.js';
import { HttpProbe } from './probes/http.js';
import { Http2Probe } from './probes/http2.js';
import { LdapProbe } from './probes/ldap.js';
import { MysqlProbe } from './probes/mysql.js';
import { PostgresProbe } from './probes/postgres.js';
import { RedisProbe } from './probes/redis.js';
import { SmtpProbe } from './probes/smtp.js';
import { TcpProbe } from './probes/tcp.js';
import { TlsProbe } from './probes/tls.js';
import { UdpProbe } from './probes/udp.js';

/** What the host allows and brings. */
export interface ProbeOptions {
  /** The host's code by name; `custom` monitors pick theirs with `use`. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Whether `exec` monitors may start programs. @defaultValue false */
  readonly allowExec?: boolean;
  /** TLS of the pool whose members are checked: `https` and `tls` checks verify them by it, and show them its client certificate. */
  readonly tls?: PoolTlsConfig;
}

type ProbeFactory = (config: MonitorConfig, options: ProbeOptions) => Probe;

const FACTORIES: Readonly<Record<MonitorType, ProbeFactory>> = {
  tcp: () => new TcpProbe(),
  http: createHttpProbe,
  https: createHttpProbe,
  tls: (config, { tls }) => new TlsProbe(config, tls),
  udp: (config) => new UdpProbe(config),
  grpc: (config) => new GrpcProbe(config),
  redis: () => new RedisProbe(),
  postgres: (config) => new PostgresProbe(config),
  mysql: (config) => new MysqlProbe(config),
  ldap: () => new LdapProbe(),
  smtp: (config) => new SmtpProbe(config),
  exec: createExecProbe,
  custom: createCustomProbe,
};

/**
 * The probe that a monitor's type names.
 *
 * @throws EvenkeelError `EK_PROBE` for `exec` without `allowExec`, and for `custom` whose extension is missing or is no probe
 */
export function createProbe(config: MonitorConfig, options: ProbeOptions = {}): Probe {
  return FACTORIES[config.type](config, options);
}

function createHttpProbe(config: MonitorConfig, { tls }: ProbeOptions): Probe {
  return config.version === '2' ? new Http2Probe(config, tls) : new HttpProbe(config, tls);
}

function createExecProbe(config: MonitorConfig, options: ProbeOptions): Probe {
  if (options.allowExec === true) return new ExecProbe(config);
  throw new EvenkeelError(
    'EK_PROBE',
    `monitor "${config.name}" starts a program, and the host does not allow it (allowExec)`,
  );
}

function createCustomProbe(config: MonitorConfig, options: ProbeOptions): Probe {
  const name = config.use ?? '';
  const extension = options.extensions?.[name];
  if (isProbe(extension)) return extension;
  if (isFunction(extension)) return new CustomProbe(extension);
  const fault = extension === undefined ? 'is missing' : 'is neither a function nor a probe';
  throw new EvenkeelError('EK_PROBE', `monitor "${config.name}": extension "${name}" ${fault}`);
}

/** What a function returns is looked at when it has returned. */
function isFunction(value: unknown): value is CustomCheck {
  return typeof value === 'function';
}

function isProbe(value: unknown): value is Probe {
  return (
    typeof value === 'object' &&
    value !== null &&
    'check' in value &&
    typeof value.check === 'function'
  );
}
