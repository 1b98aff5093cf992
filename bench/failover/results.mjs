// Rounds -> medians and worst cases, as a Markdown table.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { median, renderTable } from '../lib/table.mjs';
import { cases } from './cases.mjs';

/** Every result that was kept. */
export function readResults(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')))
    .sort((a, b) => b.intervalMs - a.intervalMs || orderOf(a) - orderOf(b));
}

/** What is kept: the times of every round, one round a line. */
export function renderKept({ played, ...rest }) {
  const lines = played.map(({ contender, rounds }) => {
    const kept = rounds.map(({ owners: _owners, events: _events, ...times }) =>
      JSON.stringify(times, (_, value) =>
        typeof value === 'number' ? Math.round(value * 10) / 10 : value,
      ),
    );
    return `{"contender":"${contender}","rounds":[\n${kept.join(',\n')}\n]}`;
  });
  return `${JSON.stringify(rest, undefined, 1).slice(0, -2)},\n "played": [${lines.join(',\n')}]\n}\n`;
}

/** Two tables: until the client is served again, and two owners after a heal. */
export function renderResults(results) {
  const names = [...new Set(results.flatMap(({ played }) => played.map((one) => one.contender)))];
  const served = results.map((result) => [
    result.title,
    seconds(result.intervalMs),
    ...names.map((name) => figure(result, name, ({ servedMs }) => servedMs)),
  ]);
  const two = results
    .filter(({ played }) => played.some(({ rounds }) => rounds[0]?.twoOwnersMs !== undefined))
    .map((result) => [
      result.title,
      seconds(result.intervalMs),
      ...names.map((name) => figure(result, name, ({ twoOwnersMs }) => twoOwnersMs)),
      figure(result, 'evenkeel', ({ afterAdvertMs }) => afterAdvertMs),
      ...names.map((name) => figure(result, name, ({ healGapMs }) => healGapMs)),
    ]);
  const head = (what) => ['what happens', 'adverts every', ...names.map((name) => what + name)];
  const tables = [renderTable(head(''), served)];
  if (two.length > 0)
    tables.push(
      renderTable(
        [
          ...head('two owners: '),
          'evenkeel, from the first advert heard',
          ...names.map((name) => `longest gap: ${name}`),
        ],
        two,
      ),
    );
  return tables.join('\n\n');
}

function figure({ played }, name, of) {
  const rounds = played.find(({ contender }) => contender === name)?.rounds ?? [];
  const values = rounds.map(of).filter((value) => value !== undefined);
  if (values.length === 0) return '-';
  return `${seconds(median(values))} (${seconds(Math.max(...values))})`;
}

function seconds(ms) {
  return ms < 995
    ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
    : `${(ms / 1000).toFixed(2)} s`;
}

function orderOf({ case: name }) {
  return cases.findIndex((one) => one.name === name);
}
