// `show stat` as an engine's status: HAProxy's rows and what the spec says of them.
import { parseHostPort } from '../../core/address.js';
import type { BoundAddress } from '../../model/events.js';
import type { AdminState, HealthState, LastCheck } from '../../model/member.js';
import type {
  CertificateStatus,
  FrontendStatus,
  MemberStatus,
  PoolStatus,
} from '../../model/status.js';
import type { AnswersByClass, MemberTotals } from '../../model/totals.js';
import type { FrontendConfig, MemberConfig, PoolConfig } from '../../spec/config.js';
import type { StatRow } from '../runtime/stat-rows.js';

/** A pool that tcp frontends use beside http ones has a second backend of this name. */
const SECOND = '.tcp';

/** Rows by `proxy/server`; frontends and backends as `name/FRONTEND`, `name/BACKEND`. */
export class StatTable {
  readonly #rows: ReadonlyMap<string, StatRow>;
  /** Unix ms. */
  readonly at: number;

  constructor(rows: readonly StatRow[], at: number) {
    this.#rows = new Map(rows.map((row) => [`${row.proxy}/${row.name}`, row]));
    this.at = at;
  }

  row(proxy: string, name: string): StatRow | undefined {
    return this.#rows.get(`${proxy}/${name}`);
  }

  /** The rows of a server, or of the backend as a whole, in every backend of a pool. */
  rowsOf(pool: string, name: string): readonly StatRow[] {
    return [this.row(pool, name), this.row(`${pool}${SECOND}`, name)].filter(
      (row) => row !== undefined,
    );
  }
}

/** A pool that no frontend uses has no rows: its members are as configured. */
export function poolStatus(pool: PoolConfig, table: StatTable): PoolStatus {
  const rows = table.rowsOf(pool.name, 'BACKEND');
  const members = pool.members.map((member) => memberStatus(pool, member, table));
  return {
    name: pool.name,
    strategy: pool.strategy.type,
    queued: sum(rows, 'qcur'),
    panic: false,
    serving: members.some(({ eligible }) => eligible),
    servingForMs: least(rows, 'lastchg') * 1000,
    totals: { ...memberTotals(rows), asked: sum(rows, 'stot'), refused: sum(rows, 'econ') },
    members,
  };
}

function memberStatus(pool: PoolConfig, member: MemberConfig, table: StatTable): MemberStatus {
  const rows = table.rowsOf(pool.name, member.name);
  const [first] = rows;
  const health = first === undefined ? 'unknown' : healthOf(first);
  const state = first === undefined ? member.state : stateOf(first, member);
  const drainAsked = first !== undefined && first.status.startsWith('NOLB');
  const throttle = first?.text('throttle') ?? '';
  return {
    name: member.name,
    address: member.address,
    health,
    state,
    weight: member.weight,
    backup: member.backup,
    eligible: health !== 'down' && state === 'ready' && member.weight > 0 && !drainAsked,
    ejected: false,
    drainAsked,
    active: sum(rows, 'scur'),
    idle: sum(rows, 'idle_conn_cur'),
    queued: sum(rows, 'qcur'),
    maxConnections: member.maxConnections,
    slowStart: throttle === '' || throttle === '100' ? undefined : Number(throttle) / 100,
    lastCheck: first === undefined ? undefined : lastCheckOf(first, table.at),
    reason: first === undefined ? '' : reasonOf(first),
    healthForMs: least(rows, 'lastchg') * 1000,
    totals: memberTotals(rows),
  };
}

/** What HAProxy does not tell apart is 0: resets, timeouts and malformed answers are all in `failed`. */
function memberTotals(rows: readonly StatRow[]): MemberTotals {
  return {
    picked: sum(rows, 'stot'),
    failed: sum(rows, 'econ') + sum(rows, 'eresp'),
    connectFailed: sum(rows, 'econ'),
    reset: 0,
    timedOut: 0,
    malformed: 0,
    aborted: sum(rows, 'cli_abrt'),
    retriedAway: sum(rows, 'wredis'),
    bytesIn: sum(rows, 'bin'),
    bytesOut: sum(rows, 'bout'),
    dialled: sum(rows, 'connect'),
    reused: sum(rows, 'reuse'),
    checksFailed: sum(rows, 'chkfail'),
    wentDown: sum(rows, 'chkdown'),
    downMs: sum(rows, 'downtime') * 1000,
    answers: answersOf(rows),
  };
}

/** A frontend as HAProxy counts it. */
export function frontendStatus(
  frontend: FrontendConfig,
  table: StatTable,
  isDraining: boolean,
  certificates: readonly CertificateStatus[] = [],
): FrontendStatus {
  const row = table.row(frontend.name, 'FRONTEND');
  const rows = row === undefined ? [] : [row];
  return {
    name: frontend.name,
    protocol: frontend.protocol,
    addresses: addressesOf(frontend),
    draining: isDraining,
    active: sum(rows, 'scur'),
    held: 0,
    certificates,
    maxConnections: row?.number('slim') ?? frontend.maxConnections,
    totals: {
      connections: sum(rows, 'conn_tot') || sum(rows, 'stot'),
      requests: sum(rows, 'req_tot'),
      rejected: sum(rows, 'dcon') + sum(rows, 'dses'),
      limited: 0,
      delayed: 0,
      failed: sum(rows, 'ereq') + sum(rows, 'dreq'),
      malformed: sum(rows, 'ereq'),
      denied: sum(rows, 'dreq'),
      intercepted: sum(rows, 'intercepted'),
      bytesIn: sum(rows, 'bin'),
      bytesOut: sum(rows, 'bout'),
      handshakesFailed: sum(rows, 'ssl_failed_handshake'),
      unlogged: 0,
      answers: answersOf(rows),
    },
  };
}

function answersOf(rows: readonly StatRow[]): AnswersByClass {
  return {
    '1xx': sum(rows, 'hrsp_1xx'),
    '2xx': sum(rows, 'hrsp_2xx'),
    '3xx': sum(rows, 'hrsp_3xx'),
    '4xx': sum(rows, 'hrsp_4xx'),
    '5xx': sum(rows, 'hrsp_5xx'),
    other: sum(rows, 'hrsp_other'),
  };
}

/** Its addresses as they are bound: HAProxy takes no port 0. */
export function addressesOf(frontend: FrontendConfig): readonly BoundAddress[] {
  return frontend.bind.map((bind) => {
    const { host, port } = parseHostPort(bind) ?? { host: '', port: 0 };
    return { address: host === '' ? '::' : host, port };
  });
}

function healthOf(row: StatRow): HealthState {
  if (row.status.startsWith('DOWN')) return 'down';
  return isUnchecked(row) || row.status.startsWith('no check') ? 'unknown' : 'up';
}

/** `INI`: no check has ended yet; the same as `unknown`. */
function isUnchecked(row: StatRow): boolean {
  return ['', 'INI'].includes(row.text('check_status'));
}

function lastCheckOf(row: StatRow, at: number): LastCheck | undefined {
  if (isUnchecked(row)) return undefined;
  const ok = row.text('check_status').includes('OK');
  return { at, ok, reason: reasonOf(row), durationMs: row.number('check_duration') };
}

function stateOf(row: StatRow, member: MemberConfig): AdminState {
  if (row.status.startsWith('MAINT')) return 'maintenance';
  if (row.status.startsWith('DRAIN')) return 'drain';
  return member.state === 'maintenance' ? 'ready' : member.state;
}

/** `L7STS/500 Internal Server Error`, `L4CON Connection refused`. */
function reasonOf(row: StatRow): string {
  const status = row.text('check_status').replace(/^\* /, '');
  const code = row.text('check_code');
  const detail = row.text('last_chk');
  return [code === '' ? status : `${status}/${code}`, detail]
    .filter((text) => text !== '')
    .join(' ');
}

function sum(rows: readonly StatRow[], field: string): number {
  return rows.reduce((total, row) => total + row.number(field), 0);
}

function least(rows: readonly StatRow[], field: string): number {
  return rows.length === 0 ? 0 : Math.min(...rows.map((row) => row.number(field)));
}
