// docs/conformance.md: what every scenario shows, as a page.
import { AREAS, type Area, type Difference, type Scenario, show } from './scenario.js';

const INTRO: string = `# Conformance

One spec, two engines: the balancer in process, and a real HAProxy that \`HaproxyEngine\` runs. Each scenario below sends the same traffic to both through the same code, and looks at what
clients and members see. \`npm run conformance\` runs them and writes this page; \`npm test\` runs them as well.

- **shown** is what was observed, by name: a value, or the bounds that the machine's pace may move it in. Both engines must show it, and nothing else.
- **=** means that besides, both engines must show the very same value: each client on the same member, the same bytes.
- **differs** are the only differences allowed. Each has its reason, and the [fidelity report](haproxy.md) of the scenario's spec must tell it: the suite fails if it does not.

Scenarios are data with a few lines of traffic: [test/conformance](../test/conformance). \`CS\` numbers are those of the list that the engines were planned by, \`EK\` are our own.
`;

/** The page for these scenarios. `version`: the HAProxy that they ran against. */
export function renderPage(scenarios: readonly Scenario[], version: string): string {
  const without = scenarios.filter(({ differences = {} }) => Object.keys(differences).length === 0);
  const parts = AREAS.map((area) => renderArea(area, scenarios)).filter((part) => part !== '');
  const sum = `${scenarios.length} scenarios, ${without.length} without any difference; last run against HAProxy ${version}.`;
  return `${INTRO}\n${sum}\n\n${parts.join('\n')}`;
}

function renderArea(area: Area, scenarios: readonly Scenario[]): string {
  const own = scenarios.filter((scenario) => scenario.area === area);
  if (own.length === 0) return '';
  const lines = own.map(
    ({ id, title, expected, same = [], differences = {} }) =>
      `| ${id} | ${escape(title)} | ${renderShown(expected, same)} | ${renderDifferences(differences)} |`,
  );
  const title = `${area[0]?.toUpperCase()}${area.slice(1)}`;
  return `## ${title}\n\n| | scenario | shown | differs |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}

function renderShown(expected: Scenario['expected'], same: readonly string[]): string {
  return Object.entries(expected)
    .map(([name, value]) => `${name}${same.includes(name) ? ' =' : ''} \`${renderValue(value)}\``)
    .join('; ');
}

function renderDifferences(differences: Readonly<Record<string, Difference>>): string {
  return Object.entries(differences)
    .map(
      ([name, { haproxy, why }]) =>
        `${name} on HAProxy: \`${renderValue(haproxy)}\`. ${escape(why)}`,
    )
    .join(' ');
}

function renderValue(value: unknown): string {
  const text = show(value);
  return escape(text.length > 90 ? `${text.slice(0, 87)}...` : text);
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
