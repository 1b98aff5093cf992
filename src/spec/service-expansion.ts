// The one-service form written out as a full spec, and the way back from paths of the one to paths of the other.
import { parseHostPort } from '../core/address.js';
import { isName } from './leaf.js';
import { isWithin } from './path.js';

type Loose = Readonly<Record<string, unknown>>;

/** A service whose values were not looked at yet. */
export type ServiceForm = Loose;

const SERVICE_KEYS: readonly string[] = ['backends', 'type', 'port', 'healthCheck', 'vpc'];
const FULL_KEYS: readonly string[] = ['frontends', 'pools', 'monitors', 'ha'];

/** Whether a spec is written as one service: it has keys of that form and none of the full one. */
export function isServiceForm(input: unknown): input is ServiceForm {
  if (!isObject(input)) return false;
  return SERVICE_KEYS.some((key) => key in input) && !FULL_KEYS.some((key) => key in input);
}

/**
 * Writes a service out as a full spec. Faulty values are carried over as they are: the full schema judges them.
 * With `tls`, the service is https on :443, and http on its port redirects there.
 */
export function expandService(service: Loose): Loose {
  const { name = 'balancer', vpc, type = 'http' } = service;
  const labels = vpc === undefined ? service['labels'] : { ...spread(service['labels']), vpc };
  return withoutUndefined({
    name,
    description: service['description'],
    labels,
    frontends: expandFrontends(service, name, type),
    pools: [
      withoutUndefined({
        name,
        strategy: service['strategy'],
        members: expandBackends(service['backends']),
        health: expandHealthCheck(service['healthCheck'], type),
        sticky: expandSticky(service['sticky']),
      }),
    ],
  });
}

function expandFrontends(service: Loose, name: unknown, type: unknown): readonly Loose[] {
  const { port, tls, rateLimit } = service;
  if (!isObject(tls)) {
    const bind = [`:${show(port ?? (type === 'https' ? 443 : 80))}`];
    return [withoutUndefined({ name, protocol: type, bind, pool: name, tls, rateLimit })];
  }
  const acme = withoutUndefined({ domains: tls['domain'] === undefined ? [] : [tls['domain']] });
  const securePort = type === 'https' ? (port ?? 443) : 443;
  const plainPort = type === 'https' ? 80 : (port ?? 80);
  return [
    withoutUndefined({
      name,
      protocol: type === 'http' ? 'https' : type,
      bind: [`:${show(securePort)}`],
      pool: name,
      tls: { acme },
      rateLimit,
    }),
    {
      name: typeof name === 'string' ? `${name.slice(0, 58)}-http` : name,
      protocol: 'http',
      bind: [`:${show(plainPort)}`],
      redirectToHttps: true,
    },
  ];
}

/** A backend is named by its host if that is a valid name and no other backend has it; else by its address. */
function expandBackends(backends: unknown): unknown {
  if (!Array.isArray(backends)) return backends;
  const targets = backends.map((backend) => (isObject(backend) ? backend['target'] : backend));
  const hosts = targets.map((target) =>
    typeof target === 'string' ? parseHostPort(target, 1)?.host : undefined,
  );
  return backends.map((backend, index) => {
    const host = hosts[index];
    const isOwnName =
      host !== undefined && isName(host) && hosts.filter((h) => h === host).length === 1;
    return withoutUndefined({
      name: isOwnName ? host : undefined,
      address: targets[index],
      weight: isObject(backend) ? backend['weight'] : undefined,
      backup: isObject(backend) ? backend['backup'] : undefined,
    });
  });
}

function expandHealthCheck(check: unknown, type: unknown): unknown {
  if (!isObject(check) || check['type'] !== undefined) return check;
  const isHttp = type === 'http' || type === 'https' || check['path'] !== undefined;
  // Behind https the members are asked over plain http: TLS ends at the balancer.
  return { type: isHttp ? 'http' : type, ...check };
}

function expandSticky(sticky: unknown): unknown {
  if (!isObject(sticky)) return sticky;
  const { cookieName, ...rest } = sticky;
  return withoutUndefined({ ...rest, cookie: cookieName });
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function spread(value: unknown): Loose {
  return isObject(value) ? value : {};
}

function show(port: unknown): string {
  return typeof port === 'number' || typeof port === 'string' ? `${port}` : '?';
}

function withoutUndefined(fields: Loose): Loose {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Places of the full spec and where they come from, the more exact ones first. */
const ORIGINS: readonly (readonly [full: string, service: string])[] = [
  ['frontends[0].tls.acme.domains[0]', 'tls.domain'],
  ['frontends[0].tls.acme.domains', 'tls.domain'],
  ['frontends[0].tls.acme', 'tls'],
  ['frontends[0].tls', 'tls'],
  ['frontends[0].rateLimit', 'rateLimit'],
  ['frontends[0].name', 'name'],
  ['frontends[0].bind', 'port'],
  ['frontends[0].protocol', 'type'],
  ['frontends[1].bind', 'port'],
  ['frontends[1]', 'tls'],
  ['pools[0].name', 'name'],
  ['pools[0].health', 'healthCheck'],
  ['pools[0].sticky.cookie', 'sticky.cookieName'],
  ['pools[0].sticky', 'sticky'],
  ['pools[0].strategy', 'strategy'],
  ['pools[0].members', 'backends'],
  ['labels.vpc', 'vpc'],
];

/** `pools[0].members[1].address` -> `backends[1].target`; what comes from nowhere keeps its path. */
export function toServicePath(path: string, service: Loose): string {
  if (isObject(service['tls']) && isWithin(path, 'frontends[0].protocol')) return 'tls';
  const origin = ORIGINS.find(([full]) => isWithin(path, full));
  if (origin === undefined) return path;
  const [full, place] = origin;
  // Inside a frontend of our own making there is nothing to point at but its cause.
  const rest = place === 'tls' && full === 'frontends[1]' ? '' : path.slice(full.length);
  if (place === 'port') return 'port';
  if (place !== 'backends') return place + rest;
  const index = /^\[(\d+)\]/.exec(rest)?.[1];
  const backends = service['backends'];
  const isText = Array.isArray(backends) && typeof backends[Number(index)] === 'string';
  const field = rest.replace(/^\[\d+\]\.?/, '').replace(/^(address|name)$/, 'target');
  if (index === undefined) return place;
  return field === '' || isText ? `backends[${index}]` : `backends[${index}].${field}`;
}

/** A message that speaks of another member: as of the backend it comes from, which can't be given a name. */
export function toServiceMessage(message: string): string {
  return message
    .replace(/\bpools\[0\]\.members(\[\d+\])/, 'backends$1')
    .replace(/; give one of them a name$/, '');
}
