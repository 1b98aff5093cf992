// A simulation as one self-contained page: no script, nothing loaded, worth keeping with a post-mortem.
import type { SimulationReport } from '../simulator/report-types.js';
import { renderClock } from './axis.js';
import { escapeXml } from './escape.js';
import { PAGE_STYLE } from './page-style.js';
import { renderPicture } from './render-picture.js';
import { renderMs, renderNumber } from './units.js';

/** Events that are listed. */
const MAX_EVENTS = 500;
const MAX_MEMBERS = 100;

/** HTML of a report. */
export function renderPage(report: SimulationReport): string {
  const { name, description, seed, durationMs } = report;
  const title = escapeXml(name);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${escapeXml(description)}${description === '' ? '' : ' '}${renderMs(durationMs)} of virtual time, seed ${seed}.</p>
${renderViolations(report)}
${renderTiles(report)}
${renderPicture(report)}
${renderFailovers(report)}
${renderFailures(report)}
${renderMembers(report)}
${renderEvents(report)}
</main>
</body>
</html>
`;
}

function renderTiles({ totals, latencyMs, failovers }: SimulationReport): string {
  const outage = Math.max(0, ...failovers.map(({ outageMs }) => outageMs));
  const tiles: [string, string, boolean][] = [
    ['availability', `${Number(totals.availability.toFixed(3))} %`, totals.availability < 99.9],
    ['requests', renderNumber(totals.requests), false],
    ['failed', renderNumber(totals.failed), totals.failed > 0],
    ['late', renderNumber(totals.late), false],
    ['retried', renderNumber(totals.retried), false],
    ['p99', renderMs(latencyMs.p99), false],
    ['longest outage', renderMs(outage), outage > 0],
  ];
  if (totals.limited > 0) tiles.push(['limited', renderNumber(totals.limited), false]);
  const html = tiles.map(
    ([label, value, isBad]) =>
      `<div class="tile${isBad ? ' bad' : ''}"><b>${escapeXml(value)}</b><span>${label}</span></div>`,
  );
  return `<div class="tiles">${html.join('')}</div>`;
}

function renderViolations({ violations }: SimulationReport): string {
  return violations
    .slice(0, 20)
    .map(
      ({ atMs, invariant, detail }) =>
        `<div class="broken">${renderClock(Math.round(atMs))} <b>${escapeXml(invariant)}</b>: ${escapeXml(detail)}</div>`,
    )
    .join('\n');
}

function renderFailovers({ failovers }: SimulationReport): string {
  if (failovers.length === 0) return '';
  const rows = failovers.map(({ fault, atMs, noticedMs, outageMs, failed }) => [
    escapeXml(fault),
    renderClock(atMs),
    noticedMs === undefined ? 'never' : renderMs(noticedMs),
    renderMs(outageMs),
    renderNumber(failed),
  ]);
  return table('Failovers', ['fault', 'at', 'noticed after', 'last failure after', 'failed'], rows);
}

function renderFailures({ failures }: SimulationReport): string {
  const rows = Object.entries(failures).map(([reason, count]) => [
    escapeXml(reason),
    renderNumber(count),
  ]);
  return rows.length === 0 ? '' : table('Why requests failed', ['reason', 'requests'], rows);
}

function renderMembers({ members }: SimulationReport): string {
  const rows = members
    .slice(0, MAX_MEMBERS)
    .map(({ name, picked, expected, deviation, failed }) => [
      escapeXml(name),
      renderNumber(picked),
      renderNumber(Math.round(expected)),
      `${deviation} %`,
      `${failed} %`,
    ]);
  return table('Members', ['member', 'picked', 'by weight', 'off by', 'failed there'], rows);
}

function renderEvents({ events }: SimulationReport): string {
  const rows = events.slice(0, MAX_EVENTS).map(({ atMs, name, node, pool, member, reason }) => {
    const who = [node, pool, member].filter((part) => part !== undefined).join(' / ');
    return [
      renderClock(Math.round(atMs)),
      `<code>${escapeXml(name)}</code>`,
      escapeXml(who),
      escapeXml(reason),
    ];
  });
  const more = events.length > MAX_EVENTS ? `, the first ${MAX_EVENTS}` : '';
  return `<div class="scroll">${table(`What happened${more}`, ['at', 'event', 'where', 'why'], rows)}</div>`;
}

/** Cells are HTML; the first column is text, what looks like a number stands to the right. */
function table(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const isNumber = (column: number): boolean =>
    column > 0 && rows.every((row) => /^[-\d]/.test(row[column] ?? ''));
  const cell = (tag: string, text: string, column: number): string =>
    `<${tag}${isNumber(column) ? ' class="n"' : ''}>${text}</${tag}>`;
  const head = heads.map((text, column) => cell('th', text, column)).join('');
  const body = rows
    .map((row) => `<tr>${row.map((text, column) => cell('td', text, column)).join('')}</tr>`)
    .join('\n');
  return `<h2>${title}</h2>\n<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}
