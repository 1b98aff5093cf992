// Picks per second and bytes allocated per pick, for every strategy at 3 to 1,000 members; and the same of a whole lease, of a
// rate limiter's decision, and of finding a route.
// node bench/micro/run.mjs [--strategies=round-robin,...] [--members=3,10] [--ms=200] [--no-save]
import diagnostics from 'node:diagnostics_channel';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build } from 'tsup';
import { describeMachine } from '../lib/machine.mjs';
import { renderTable } from '../lib/table.mjs';
import { Clients } from './clients.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const STRATEGIES = {
  'round-robin': { type: 'round-robin' },
  'round-robin, unequal weights': { type: 'round-robin', weights: [4, 2, 1] },
  'static-weighted': { type: 'static-weighted', weights: [4, 2, 1] },
  'least-connections': { type: 'least-connections' },
  'two-choices': { type: 'two-choices' },
  random: { type: 'random' },
  'peak-ewma': { type: 'peak-ewma' },
  first: { type: 'first' },
  'source-hash stable': { type: 'source-hash', mapping: 'stable' },
  'source-hash consistent': { type: 'source-hash', mapping: 'consistent' },
  'source-hash modulo': { type: 'source-hash', mapping: 'modulo' },
  'hash rendezvous': { type: 'hash', key: 'path', mapping: 'rendezvous' },
  'hash rendezvous, unequal weights': {
    type: 'hash',
    key: 'path',
    mapping: 'rendezvous',
    weights: [4, 2, 1],
  },
  'hash maglev': { type: 'hash', key: 'path', mapping: 'maglev' },
  'hash ketama': { type: 'hash', key: 'path', mapping: 'ketama' },
  'hash rendezvous, bounded load': {
    type: 'hash',
    key: 'path',
    mapping: 'rendezvous',
    boundedLoad: 1.25,
  },
};

/** Not a strategy alone but a pool: `acquire` and `release`, counters and all, with and without somebody on the channel. */
const LEASES = {
  'pool lease (round-robin)': false,
  'pool lease (pick channel heard)': true,
};

/** What the channels of requests cost a request, from its start to its end: which of them is heard. */
const CHANNELS = {
  'request channels (nobody listens)': undefined,
  'request channels (end heard)': 'evenkeel:request:end',
  'request channels (try heard)': 'evenkeel:request:try',
};

/** A rate limiter's decision about keys that it knows: as many keys as the strategies have members. */
const LIMITS = {
  'rate limit (sliding)': { requests: 1_000_000_000, window: '1m' },
  'rate limit denies (sliding)': { requests: 1, window: '1m' },
  'rate limit (gcra)': { requests: 1_000_000_000, window: '1m', algorithm: 'gcra' },
  'rate limit denies (gcra)': { requests: 1, window: '1m', algorithm: 'gcra' },
};

/** Which route takes a request, among as many routes as the strategies have members; those of a regular expression are tried in turn. */
const ROUTES = {
  'route by host': (i) => ({ host: [`h${i}.test`] }),
  'route by host and path': (i) => ({ host: [`h${i % 50}.test`], path: `/app/${i}/` }),
  'route by path': (i) => ({ path: `/app/${i}/` }),
  'route by exact path and header': (i) => ({
    path: { exact: `/app/${i}/list` },
    header: { 'x-api': '1' },
  }),
  'route by regex': (i) => ({ path: { regex: `^/app/${i}/l.st$` } }),
};

/** What a pool asks of a member, at its simplest. */
const isEligible = ({ state }) => state.health !== 'down' && state.weight > 0;

const { values: options } = parseArgs({
  options: {
    strategies: { type: 'string' },
    members: { type: 'string', default: '3,10,100,1000' },
    ms: { type: 'string', default: '200' },
    save: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const sizes = options.members.split(',').map(Number);
const names = options.strategies?.split(',') ?? [
  ...Object.keys(STRATEGIES),
  ...Object.keys(LEASES),
  ...Object.keys(CHANNELS),
  ...Object.keys(LIMITS),
  ...Object.keys(ROUTES),
];

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const library = await loadSources();
const rows = names.flatMap((name) => sizes.map((members) => measure(name, members)));

console.log(
  renderTable(
    ['strategy', ...sizes.map((size) => `${size} members`), `bytes per pick at ${sizes[0]}`],
    names.map((name) => {
      const cells = rows.filter((row) => row.strategy === name);
      return [
        name,
        ...cells.map(({ picksPerSecond }) => `${(picksPerSecond / 1e6).toFixed(2)} M/s`),
        cells[0]?.bytesPerPick.toFixed(1) ?? '',
      ];
    }),
  ),
);
if (options.save) {
  const file = path.join(root, 'bench/results/micro.json');
  writeFileSync(file, `${JSON.stringify({ ...describeMachine(root), rows }, undefined, 2)}\n`);
  console.log(`\nkept in ${path.relative(root, file)}`);
}

/** The parts under test straight from the sources, built as the package is, where its dependencies are found. */
async function loadSources() {
  const folder = mkdtempSync(path.join(root, 'node_modules/.micro-'));
  try {
    await build({
      entry: {
        registry: path.join(root, 'src/strategy/registry.ts'),
        member: path.join(root, 'src/model/member.ts'),
        random: path.join(root, 'src/core/random.ts'),
        pool: path.join(root, 'src/pool/pool.ts'),
        limiter: path.join(root, 'src/rate-limit/rate-limiter.ts'),
        routes: path.join(root, 'src/route/route-matcher.ts'),
        channels: path.join(root, 'src/frontend/http/request-channels.ts'),
        tracing: path.join(root, 'src/frontend/http/request-tracing.ts'),
        environment: path.join(root, 'src/core/environment.ts'),
      },
      outDir: folder,
      outExtension: () => ({ js: '.mjs' }),
      format: ['esm'],
      target: 'node20',
      dts: false,
      silent: true,
      config: false,
    });
    const modules = await Promise.all(
      [
        'registry',
        'member',
        'random',
        'pool',
        'limiter',
        'routes',
        'channels',
        'tracing',
        'environment',
      ].map((name) => import(pathToFileURL(path.join(folder, `${name}.mjs`)).href)),
    );
    return Object.assign({}, ...modules);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(name, count) {
  const channel = LEASES[name] ? 'evenkeel:pick' : CHANNELS[name];
  if (channel !== undefined) diagnostics.subscribe(channel, hear);
  const run = runOf(name, count);
  const bytesPerPick = measureBytes(run);
  const until = performance.now() + Number(options.ms);
  const start = performance.now();
  let picks = 0;
  while (performance.now() < until) {
    run(1000);
    picks += 1000;
  }
  if (channel !== undefined) diagnostics.unsubscribe(channel, hear);
  return {
    strategy: name,
    members: count,
    picksPerSecond: Math.round(picks / ((performance.now() - start) / 1000)),
    bytesPerPick,
  };
}

function runOf(name, count) {
  if (name in LEASES) return leasesOf(count);
  if (name in CHANNELS) return tracesOf(count);
  if (name in LIMITS) return decisionsOf(name, count);
  return name in ROUTES ? routesOf(name, count) : picksOf(name, count);
}

function picksOf(name, count) {
  const { weights = [1], ...config } = STRATEGIES[name] ?? { type: name };
  const members = Array.from({ length: count }, (_, i) => {
    const weight = weights[i % weights.length];
    const member = new library.Member({ name: `m-${i}`, host: '192.0.2.1', port: 80, weight });
    member.state.active = i % 3;
    return member;
  });
  const picker = library.createStrategy(config, library.seededRandom(1)).build(members);
  const clients = new Clients();
  return (picks) => {
    for (let i = 0; i < picks; i++) picker.pick(clients.next(), isEligible);
  };
}

function leasesOf(count) {
  const members = Array.from({ length: count }, (_, i) => `192.0.2.1:${i + 1}`);
  const pool = new library.Pool({ name: 'micro', members });
  const clients = new Clients();
  return (picks) => {
    for (let i = 0; i < picks; i++) pool.acquire(clients.next()).release('ok', 200);
  };
}

/** The steps of a request that are told, with the looks that each of them takes while none is; members by turns. */
function tracesOf(count) {
  const members = Array.from(
    { length: count },
    (_, i) => new library.Member({ name: `m-${i}`, host: '192.0.2.1', port: 80 }),
  );
  const context = {
    balancer: 'micro',
    name: 'web',
    environment: library.createEnvironment(),
  };
  const { clock } = context.environment;
  const channels = new library.RequestChannels();
  const request = {
    client: { source: '192.0.2.1' },
    method: 'GET',
    authority: 'h.test',
    target: '/app/list',
    version: '1.1',
    received: 'host: h.test\r\n',
    trace: undefined,
    decision: undefined,
  };
  const ending = { end: 'ok', reason: '', bytesIn: 0 };
  let next = 0;
  return (requests) => {
    for (let i = 0; i < requests; i++) {
      library.beginTrace(request, context, channels);
      request.trace?.onLease(members[next++ % count], 1, clock.now());
      request.trace?.onAnswerHead(200, clock.now());
      request.trace?.onTryEnd('ok', 200, clock.now());
      library.endTrace(request, context, ending);
    }
  };
}

function decisionsOf(name, count) {
  const limiter = new library.RateLimiter(LIMITS[name]);
  const keys = Array.from({ length: count }, (_, i) => `192.0.2.${i}`);
  let next = 0;
  return (decisions) => {
    for (let i = 0; i < decisions; i++) limiter.take(keys[next++ % count]);
  };
}

/** Requests go to every route by turns. */
function routesOf(name, count) {
  const matches = Array.from({ length: count }, (_, i) => ROUTES[name](i));
  const matcher = new library.RouteMatcher(matches.map((match) => ({ match, pool: 'web' })));
  const requests = matches.map(({ host = ['h.test'] }, i) => ({
    source: '192.0.2.1',
    method: 'GET',
    host: host[0],
    target: `/app/${i}/list`,
    attribute: () => undefined,
    hasHeader: (header, value) => header === 'x-api' && value === '1',
  }));
  let next = 0;
  return (count) => {
    for (let i = 0; i < count; i++) matcher.find(requests[next++ % requests.length]);
  };
}

function hear() {}

/** Median of short rounds, each too short for the collector to run in it. */
function measureBytes(run) {
  run(30_000);
  const rounds = Array.from({ length: 9 }, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    run(3000);
    return (process.memoryUsage().heapUsed - before) / 3000;
  });
  return Math.max(0, rounds.sort((a, b) => a - b)[4]);
}
