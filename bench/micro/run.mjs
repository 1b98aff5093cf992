// Picks per second and bytes allocated per pick, for every strategy at 3 to 1,000 members.
// node bench/micro/run.mjs [--strategies=round-robin,...] [--members=3,10] [--ms=200] [--no-save]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
const names = options.strategies?.split(',') ?? Object.keys(STRATEGIES);

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

/** The parts under test straight from the sources, built as the package is. */
async function loadSources() {
  const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-micro-'));
  try {
    await build({
      entry: {
        registry: path.join(root, 'src/strategy/registry.ts'),
        member: path.join(root, 'src/model/member.ts'),
        random: path.join(root, 'src/core/random.ts'),
      },
      outDir: folder,
      outExtension: () => ({ js: '.mjs' }),
      format: ['esm'],
      target: 'node20',
      dts: false,
      silent: true,
      config: false,
    });
    const [registry, member, random] = await Promise.all(
      ['registry', 'member', 'random'].map(
        (name) => import(pathToFileURL(path.join(folder, `${name}.mjs`)).href),
      ),
    );
    return { ...registry, ...member, ...random };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(name, count) {
  const { weights = [1], ...config } = STRATEGIES[name] ?? { type: name };
  const members = Array.from({ length: count }, (_, i) => {
    const weight = weights[i % weights.length];
    const member = new library.Member({ name: `m-${i}`, host: '192.0.2.1', port: 80, weight });
    member.state.active = i % 3;
    return member;
  });
  const picker = library.createStrategy(config, library.seededRandom(1)).build(members);
  const clients = new Clients();
  const run = (picks) => {
    for (let i = 0; i < picks; i++) picker.pick(clients.next(), isEligible);
  };
  const bytesPerPick = measureBytes(run);
  const until = performance.now() + Number(options.ms);
  const start = performance.now();
  let picks = 0;
  while (performance.now() < until) {
    run(1000);
    picks += 1000;
  }
  return {
    strategy: name,
    members: count,
    picksPerSecond: Math.round(picks / ((performance.now() - start) / 1000)),
    bytesPerPick,
  };
}

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
