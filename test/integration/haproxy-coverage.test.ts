// The report walks the schema: every field has its say, and none is without effect unless the report says why.
import { describe, expect, test } from 'vitest';
import { EvenkeelError } from '../../src/core/errors.js';
import { leafPaths, valueAt } from '../../src/emit/config-paths.js';
import type { FidelityEntry } from '../../src/emit/fidelity.js';
import { type EmittedHaproxy, emitHaproxy } from '../../src/haproxy/emit-haproxy.js';
import type { BalancerConfig } from '../../src/spec/config.js';
import { checkSpec, parseSpec } from '../../src/spec/parse.js';
import { isWithin } from '../../src/spec/path.js';
import { EVERY_FIELD } from '../corpus/every-field.js';
import { CORPUS } from '../corpus/index.js';
import { alternatives, withValue } from '../support/alternatives.js';
import { schemaPath, specFields } from '../support/spec-fields.js';

/** Short forms: what they stand for is told. */
const SHORT_FORMS: readonly RegExp[] = [
  /^frontends\[\]\.bind$/,
  /\.match\.(host|method|source|sni)$/,
  /\.rateLimit\./,
  /^frontends\[\]\.(redirectToHttps|accessLog)$/,
  /^pools\[\]\.(strategy|members\[\])$/,
  /\.expect\.(text|hex)$/,
  /^pools\[\]\.tls\.sni$/,
  /^drain\.timeout$/,
];

/** Refused when it is parsed, or of a file that would have to be made first. */
const UNTRIED = /^frontends\[\]\.tls\.(acme\.|certificates\[\]\.pfx$)|^monitors\[\]\.verify$/;

/** Fields of these are told as one: what is said of them is said of each. */
const GROUPS: ReadonlySet<string> = new Set([
  'labels',
  ...[
    'acceptProxyProtocol',
    'access',
    'accessLog',
    'compression.algorithms',
    'compression.types',
    'rateLimit[].key',
    'drain',
    'forwarded.trust',
    'headers',
    'hsts',
    'maintenance',
    'methods',
    'redirectToHttps',
    'requestId',
    'tls.alpn',
    'tls.certificates',
    'tls.clientAuth',
    'upgrades',
  ].map((field) => `frontends[].${field}`),
  ...[
    'headers',
    'match.cookie',
    'match.header',
    'match.host',
    'match.method',
    'match.path',
    'match.query',
    'match.sni',
    'match.source',
    'redirect',
    'respond',
    'rewritePath',
    'split',
    'rateLimit[].key',
  ].map((field) => `frontends[].routes[].${field}`),
  ...[
    'drain',
    'health.expect.body',
    'health.headers',
    'members[].labels',
    'retries.on',
    'strategy',
    'timeouts',
    'tls.alpn',
    'tls.clientCert',
    'tls.sni',
  ].map((field) => `pools[].${field}`),
  'monitors[].expect.body',
  'monitors[].headers',
]);

/** Reasons for which a change of a field changes nothing. */
const NO_MATTER =
  /^(Not for|Not asked|None\.|A note|Notes;|No pool|No frontend|No TLS|Nobody|Part of|Carried out by)/;

const HOST = { allowExec: true, extensions: { mine: { take: () => undefined } } };

interface Place {
  readonly field: string;
  readonly leaf: string;
  readonly config: BalancerConfig;
  /** Whether the report says that it does not matter there. */
  readonly isIdle: boolean;
}

const fields = specFields();
const known = new Set(fields.map(({ path }) => path));
const configs = [...EVERY_FIELD, ...CORPUS.map(({ spec }) => spec)].map((spec) =>
  parseSpec(spec, HOST),
);
const reports = new Map<object, EmittedHaproxy>(
  configs.map((config) => [config, emitHaproxy(config, HOST)]),
);
// Those that give files come first: only they can show that a change has an effect.
const places = placesOf([...configs.filter(emits), ...configs.filter((config) => !emits(config))]);

test('every field of the schema is tried', () => {
  const untried = fields
    .map(({ path }) => path)
    .filter((path) => !path.endsWith('~') && !SHORT_FORMS.some((form) => form.test(path)))
    .filter((path) => !UNTRIED.test(path) && !places.has(path));
  expect(untried).toEqual([]);
});

describe('the report', () => {
  test.each([...places.keys()])('speaks of %s', (field) => {
    for (const { leaf, config } of places.get(field) ?? []) {
      const said = entryOf(config, leaf);
      if (said === undefined || !isOwn(said, leaf)) expect(said).toEqual({ path: leaf });
    }
  });

  test.each([...places.keys()])('a change of %s has an effect, or it says why not', (field) => {
    const all = places.get(field) ?? [];
    const withFiles = all.filter(({ config }) => emits(config));
    const silent = (withFiles.length === 0 ? all : withFiles).filter(isSilent);
    expect(
      silent.map(({ leaf, config }) => [valueAt(config, leaf), entryOf(config, leaf)]),
    ).toEqual([]);
  });
});

/** Whether a line is the field's own, that of its group, or of a block that is refused or left out as a whole. */
function isOwn({ path, fidelity, reason }: FidelityEntry, leaf: string): boolean {
  if (path === leaf || fidelity === 'refused' || NO_MATTER.test(reason)) return true;
  return GROUPS.has(path.replaceAll(/\[\d+\]/g, '[]'));
}

/** Whether the field is said to be exact, and makes no difference. */
function isSilent({ field, leaf, config }: Place): boolean {
  const said = entryOf(config, leaf);
  if (said === undefined) return true;
  if (said.fidelity !== 'exact' || NO_MATTER.test(said.reason)) return false;
  const forms = fields.find(({ path }) => path === field)?.forms ?? [];
  const before = whatBecomesOf(config);
  const others = alternatives(valueAt(config, leaf), forms)
    .map((other) => withValue(config, leaf, other))
    .filter((changed) => checkSpec(changed, HOST).issues.length === 0);
  return others.length > 0 && others.every((changed) => whatBecomesOf(changed) === before);
}

function emits(config: BalancerConfig): boolean {
  return (reports.get(config)?.files.length ?? 0) > 0;
}

/** The files but for the hash of the spec, and the report; or the fault of a file that is named. */
function whatBecomesOf(spec: object): string {
  try {
    const { files, report } = reports.get(spec) ?? emitHaproxy(spec, HOST);
    const texts = files.map(
      ({ path, content }) =>
        `${path}\n${typeof content === 'string' ? content : Buffer.from(content).toString()}`,
    );
    const said = report.entries.map(({ path, fidelity, reason }) => [path, fidelity, reason]);
    return `${texts.join('\n').replace(/\(hash \w+\)/, '')}${JSON.stringify(said)}`;
  } catch (error) {
    if (error instanceof EvenkeelError) return error.message;
    throw error;
  }
}

/** What is said of a field: by its own line, or by the nearest above it. */
function entryOf(config: BalancerConfig, leaf: string): FidelityEntry | undefined {
  let best: FidelityEntry | undefined;
  for (const entry of reports.get(config)?.report.entries ?? []) {
    if (isWithin(leaf, entry.path) && entry.path.length >= (best?.path.length ?? 0)) best = entry;
  }
  return best;
}

/** Where each field is set: three places at most where it matters, and one where it does not. */
function placesOf(configs: readonly BalancerConfig[]): ReadonlyMap<string, readonly Place[]> {
  const found = new Map<string, Place[]>();
  for (const config of configs) {
    for (const leaf of leafPaths(config)) {
      const field = schemaPath(leaf, known);
      if (field === undefined) continue;
      const list = found.get(field) ?? [];
      const isIdle = NO_MATTER.test(entryOf(config, leaf)?.reason ?? '');
      const alike = list.filter((place) => place.isIdle === isIdle);
      if (alike.length < (isIdle ? 1 : 3)) list.push({ field, leaf, config, isIdle });
      found.set(field, list);
    }
  }
  return found;
}
