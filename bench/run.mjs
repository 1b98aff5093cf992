// Side-by-side measurement of evenkeel, the packages it replaces, HAProxy and nginx: see README.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { folder, stop, stopAll } from './lib/children.mjs';
import { renderRow, summarise } from './lib/judge.mjs';
import { describeMachine } from './lib/machine.mjs';
import { installPackages, parseCores, requirePrograms } from './lib/setup.mjs';
import { rows } from './rows/index.mjs';
import { targets } from './targets/index.mjs';

const bench = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    targets: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    cores: { type: 'string', default: '0,1' },
    connections: { type: 'string' },
    quick: { type: 'boolean', default: false },
    save: { type: 'boolean', default: true },
    help: { type: 'boolean', short: 'h', default: false },
  },
  allowNegative: true,
});
if (options.help) {
  console.log(`node bench/run.mjs [--rows=${rows.map(({ name }) => name).join(',')}]
  [--targets=${targets.map(({ name }) => name).join(',')}]
  [--rounds=5] [--seconds=4] [--cores=0,1] [--connections=10000] [--quick] [--no-save]
  --quick: 1 round of 1 s and 1,000 idle connections, to see that everything runs; never kept`);
  process.exit();
}

const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const seconds = Number(options.seconds ?? (options.quick ? 1 : 4));
const connections = Number(options.connections ?? (options.quick ? 1000 : 10_000));
const cores = parseCores(options.cores);
const chosenRows = choose(rows, options.rows, 'row');
const chosenTargets = choose(targets, options.targets, 'target');

requirePrograms();
installPackages(bench);
mkdirSync(folder, { recursive: true });
const results = [];
try {
  for (const row of chosenRows) results.push(await runRow(row));
} finally {
  stopAll();
}
if (options.save && !options.quick) keep(results);

/** All rounds of one row, the candidates in a new order each round. */
async function runRow(row) {
  const taking = chosenTargets.filter(({ name }) => row.targets.includes(name));
  const responder = await row.prepare(cores);
  const samples = new Map(taking.map(({ name }) => [name, []]));
  const running = new Map();
  const start = async (target) => {
    const { protocol } = row;
    return target.start({ core: cores.candidate, protocol, members: responder.ports });
  };
  if (row.startsAfresh !== true) {
    for (const target of taking) running.set(target.name, await start(target));
    const warmUp = row.warmUpSeconds ?? 1;
    for (const candidate of running.values()) await measure(row, candidate, responder, warmUp);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const target of shuffle(taking)) {
      progress(`${row.name}: round ${round}/${rounds}, ${target.name}`);
      const candidate = running.get(target.name) ?? (await start(target));
      samples.get(target.name).push(await measure(row, candidate, responder, seconds));
      if (row.startsAfresh === true) await stop(candidate.child);
    }
  }
  progress('');
  for (const { child } of [...running.values(), responder]) await stop(child);
  const figures = taking.map(({ name }) => {
    const taken = samples.get(name);
    return { target: name, ...summarise(row, taken), rounds: taken };
  });
  console.log(`\n## ${renderRow(row, figures)}`);
  return { row: row.name, title: row.title, baseline: row.baseline, figures };
}

async function measure(row, { child, port }, responder, secondsNow) {
  if (child.exitCode !== null) throw new Error(`a candidate ended\n${child.log}`);
  return row.measure({ child, port, responder, cores, seconds: secondsNow, connections });
}

function choose(all, text, kind) {
  if (text === undefined) return all;
  const names = text.split(',');
  const unknown = names.filter((name) => all.every((one) => one.name !== name));
  if (unknown.length > 0) throw new Error(`no ${kind} is named ${unknown.join(', ')}`);
  return all.filter(({ name }) => names.includes(name));
}

function shuffle(list) {
  return list
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

/** One file per commit and set of rows: the raw rounds, so that anybody can judge them anew. */
function keep(measured) {
  const machine = describeMachine(path.join(bench, '..'));
  const names =
    chosenRows.length === rows.length ? 'all' : measured.map(({ row }) => row).join('+');
  const file = path.join(bench, 'results', `${machine.commit}-${names}.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  const result = { ...machine, rounds, seconds, cores, connections, results: measured };
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(`kept in ${path.relative(process.cwd(), file)}`);
}
