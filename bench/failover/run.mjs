// Failover, measured: two hosts, a client, and everything that may happen to the active one; evenkeel and keepalived in the same run.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from '../lib/machine.mjs';
import { cases } from './cases.mjs';
import { evenkeel, keepalived } from './contender.mjs';
import { Rehearsal } from './rehearsal.mjs';
import { readResults, renderKept, renderResults } from './results.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values: options } = parseArgs({
  options: {
    cases: { type: 'string' },
    contenders: { type: 'string' },
    intervals: { type: 'string', default: '1000,100' },
    rounds: { type: 'string', default: '20' },
    'at-once': { type: 'boolean', default: false },
    add: { type: 'boolean', default: false },
    save: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  allowNegative: true,
});
if (options.help) {
  console.log(`node bench/failover/run.mjs [--cases=${cases.map(({ name }) => name).join(',')}]
  [--contenders=evenkeel,keepalived] [--intervals=1000,100] [--rounds=20] [--at-once] [--add] [--no-save] [--json]
  --at-once: every case with pairs of its own, for cases that take seconds
  --add: more rounds for what results/ has
  --report: the table of what results/ has, nothing is run`);
  process.exit();
}

const results = path.join(root, 'bench/failover/results');
if (options.report) {
  console.log(renderResults(readResults(results)));
  process.exit();
}

const contenders = choose([evenkeel, keepalived], options.contenders, 'contender');
const chosen = choose(cases, options.cases, 'case');
const intervals = options.intervals.split(',').map(Number);
const rounds = Number(options.rounds);
/** Whatever has namespaces and processes. */
const open = [];
requirePrograms(contenders.flatMap(({ programs }) => programs));

/** Takes away whatever is open, should it be asked to end. */
async function abandon() {
  await Promise.all(open.map((pair) => pair.close()));
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void abandon());

const figures = [];
for (const intervalMs of intervals) {
  if (options['at-once'])
    figures.push(...(await Promise.all(chosen.map((one) => play([one], intervalMs, one.name[0])))));
  else figures.push(await play(chosen, intervalMs, ''));
}
console.log(options.json ? JSON.stringify(figures.flat()) : renderResults(figures.flat()));

/** Cases one after the other, with one pair of each contender. */
async function play(cases, intervalMs, label) {
  const pairs = [];
  const results = [];
  try {
    for (const contender of contenders) pairs.push(new Rehearsal(contender, intervalMs, label));
    open.push(...pairs);
    for (const one of cases) results.push(await measure(one, intervalMs, pairs));
  } finally {
    for (const pair of pairs) await pair.close();
  }
  return results;
}

/** All rounds of one case, the contenders at the same time: they mostly wait. */
async function measure(one, intervalMs, pairs) {
  const played = pairs.map(({ contender }) => ({ contender: contender.name, rounds: [] }));
  for (let round = 0; round < rounds; round++) {
    if (process.stderr.isTTY) process.stderr.write(`\r${one.name} ${intervalMs} ms ${round + 1}  `);
    const each = (pair, i) => pair.play(one).then((result) => played[i].rounds.push(result));
    // What takes milliseconds must not share the processor with the other's milliseconds.
    if (one.name === 'stop' || intervalMs < 500)
      for (const [i, pair] of pairs.entries()) await each(pair, i);
    else await Promise.all(pairs.map((pair, i) => each(pair, i)));
  }
  const result = {
    case: one.name,
    title: one.title,
    intervalMs,
    machine: describeMachine(root),
    played,
  };
  if (options.save) {
    mkdirSync(results, { recursive: true });
    if (options.add) addTo(played, one.name, intervalMs);
    writeFileSync(path.join(results, `${one.name}-${intervalMs}.json`), renderKept(result));
  }
  return result;
}

/** The rounds of an earlier run before those of this one. */
function addTo(played, name, intervalMs) {
  const kept = readResults(results).find(
    (result) => result.case === name && result.intervalMs === intervalMs,
  );
  for (const { contender, rounds } of played) {
    const before = kept?.played.find((other) => other.contender === contender)?.rounds ?? [];
    rounds.unshift(...before);
  }
}

function choose(all, names, what) {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no ${what} "${name}"`);
    return found;
  });
}

function requirePrograms(names) {
  process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  const missing = names.filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0)
    throw new Error(`missing ${missing.join(', ')}: run \`npm run setup\` or install them`);
}
