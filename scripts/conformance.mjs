// `npm run conformance`: every scenario on both engines; what was seen becomes docs/conformance.md.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PAGE = 'docs/conformance.md';
const INTRO = `# Conformance

One spec, two engines: the balancer in process, and a real HAProxy that \`HaproxyEngine\` runs. Each scenario below sends the same traffic to both through the same code, and looks at what
clients and members see. \`npm run conformance\` runs them and writes this page; \`npm test\` runs them as well.

- **shown** is what was observed, by name: a value, or the bounds that the machine's pace may move it in. Both engines must show it, and nothing else.
- **=** means that besides, both engines must show the very same value: each client on the same member, the same bytes.
- **differs** are the only differences allowed. Each has its reason, and the [fidelity report](haproxy.md) of the scenario's spec must tell it: the suite fails if it does not.

Scenarios are data with a few lines of traffic: [test/conformance](../test/conformance). \`CS\` numbers are those of the list that the engines were planned by, \`EK\` are our own.
`;

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-conformance-'));
const file = path.join(folder, 'outcomes.json');
const { status } = spawnSync('npx', ['--no-install', 'vitest', 'run', '--project', 'conformance'], {
  stdio: 'inherit',
  env: { ...process.env, EVENKEEL_CONFORMANCE: file },
});
try {
  if (status === 0) writeFileSync(PAGE, render(JSON.parse(readFileSync(file, 'utf8'))));
  else console.error(`${PAGE} is left as it was`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = status ?? 1;

function render({ version, areas, rows }) {
  const differing = rows.filter(({ differences }) => differences.length > 0).length;
  const parts = areas.map((area) => renderArea(area, rows));
  const sum = `${rows.length} scenarios, ${rows.length - differing} without any difference; last run against HAProxy ${version}.`;
  return `${INTRO}\n${sum}\n\n${parts.filter((part) => part !== '').join('\n')}`;
}

function renderArea(area, rows) {
  const own = rows.filter((row) => row.area === area);
  if (own.length === 0) return '';
  const lines = own.map(
    ({ id, title, expected, same, differences }) =>
      `| ${id} | ${escape(title)} | ${renderShown(expected, same)} | ${renderDifferences(differences)} |`,
  );
  const title = area[0].toUpperCase() + area.slice(1);
  return `## ${title}\n\n| | scenario | shown | differs |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}

function renderShown(expected, same) {
  return Object.entries(expected)
    .map(([name, text]) => `${name}${same.includes(name) ? ' =' : ''} \`${escape(shorten(text))}\``)
    .join('; ');
}

function renderDifferences(differences) {
  return differences
    .map(
      ({ name, haproxy, why }) =>
        `${name} on HAProxy: \`${escape(shorten(haproxy))}\`. ${escape(why)}`,
    )
    .join(' ');
}

function shorten(text) {
  return text.length > 90 ? `${text.slice(0, 87)}...` : text;
}

function escape(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
