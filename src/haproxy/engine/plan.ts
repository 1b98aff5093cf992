// How a new configuration gets into a running HAProxy: by a few commands to its socket, or by a reload. Pure.
import type { ConfigFile } from '../process/config-store.js';
import { splitWords } from '../read-config.js';
import { type BackendServers, type ServerLine, splitConfig } from './servers.js';

/** A change that HAProxy makes while it runs. */
export type Step =
  | { readonly kind: 'weight'; readonly line: ServerLine; readonly weight: number }
  | { readonly kind: 'state'; readonly line: ServerLine; readonly state: 'ready' | 'maint' }
  | { readonly kind: 'address'; readonly line: ServerLine }
  | { readonly kind: 'max-connections'; readonly line: ServerLine; readonly count: number }
  | { readonly kind: 'add'; readonly line: ServerLine }
  | { readonly kind: 'remove'; readonly line: ServerLine }
  | { readonly kind: 'certificate'; readonly file: string; readonly content: string }
  | {
      readonly kind: 'map';
      readonly file: string;
      readonly set: ReadonlyMap<string, string>;
      readonly added: ReadonlyMap<string, string>;
      readonly removed: readonly string[];
    };

/** What a change needs. */
export type Plan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'runtime'; readonly steps: readonly Step[] }
  /** `reason`: the first thing that no command can do. */
  | { readonly kind: 'reload'; readonly reason: string };

/** A configuration as it was written. */
export interface WrittenConfig {
  readonly text: string;
  /** Every file besides `haproxy.cfg`. */
  readonly files: readonly ConfigFile[];
}

/** Thrown inside, to end the search for steps. */
class NeedsReload extends Error {}

/** Algorithms whose servers may come and go, and take any weight, while HAProxy runs (management.txt, `add server`). */
const DYNAMIC = /^(roundrobin|leastconn|first|random)/;
/** Keywords that a server added at run time can't have in 2.6 (management.txt, `add server`), but that change nothing for it. */
const LEFT_OUT: readonly string[] = ['init-addr', 'disabled', 'enabled'];
/** The same, and they do change something. `cookie` is taken from 3.0. */
const RELOAD_ONLY: readonly string[] = ['resolvers', 'redir', 'stick', 'namespace', 'socks4'];

/**
 * Compares two configurations line by line: what HAProxy was started with and what it shall run. Servers, certificates and
 * maps that differ become steps; any other difference asks for a reload. Since both texts come from the emitter, the steps
 * and the reload end in the same.
 *
 * @param series - of the running HAProxy, `2.6`
 */
export function planChange(before: WrittenConfig, after: WrittenConfig, series: string): Plan {
  try {
    const steps = [...serverSteps(before, after, series), ...fileSteps(before, after)];
    return steps.length === 0 ? { kind: 'nothing' } : { kind: 'runtime', steps };
  } catch (error) {
    if (error instanceof NeedsReload) return { kind: 'reload', reason: error.message };
    throw error;
  }
}

function* serverSteps(
  before: WrittenConfig,
  after: WrittenConfig,
  series: string,
): Generator<Step> {
  const old = splitConfig(before.text);
  const now = splitConfig(after.text);
  if (old.rest !== now.rest) throw new NeedsReload(firstDifference(old.rest, now.rest));
  for (const [name, backend] of now.backends) {
    const counterpart = old.backends.get(name);
    if (counterpart === undefined) throw new NeedsReload(`backend ${name} is new`);
    yield* backendSteps(counterpart, backend, series);
  }
}

function* backendSteps(
  before: BackendServers,
  after: BackendServers,
  series: string,
): Generator<Step> {
  const isDynamic = DYNAMIC.test(after.balance) || after.hashType.startsWith('consistent');
  for (const line of after.servers.values()) {
    const counterpart = before.servers.get(line.server);
    if (counterpart !== undefined) yield* changeSteps(counterpart, line, isDynamic);
    else {
      refuseAddition(line, isDynamic, after, series);
      yield { kind: 'add', line };
    }
  }
  for (const line of before.servers.values()) {
    if (after.servers.has(line.server)) continue;
    if (!isDynamic) throw new NeedsReload(`${placeOf(line)} goes, and ${after.balance} is static`);
    yield { kind: 'remove', line };
  }
}

function refuseAddition(
  line: ServerLine,
  isDynamic: boolean,
  { balance }: BackendServers,
  series: string,
): void {
  if (!isDynamic) throw new NeedsReload(`${placeOf(line)} is new, and ${balance} is static`);
  const stopper = RELOAD_ONLY.find((key) => line.settings.has(key));
  if (stopper !== undefined)
    throw new NeedsReload(`${placeOf(line)} is new, and its "${stopper}" can't be added`);
  if (line.settings.has('cookie') && Number.parseFloat(series) < 3)
    throw new NeedsReload(`${placeOf(line)} is new and has a cookie: HAProxy adds those from 3.0`);
}

function* changeSteps(before: ServerLine, after: ServerLine, isDynamic: boolean): Generator<Step> {
  if (before.address !== after.address) yield { kind: 'address', line: after };
  for (const key of new Set([...before.settings.keys(), ...after.settings.keys()])) {
    const value = after.settings.get(key);
    if (before.settings.get(key) === value) continue;
    switch (key) {
      case 'weight': {
        if (!isDynamic) throw new NeedsReload(`the weight of ${placeOf(after)} is static`);
        yield { kind: 'weight', line: after, weight: Number(value ?? 1) };
        break;
      }
      case 'disabled':
        yield { kind: 'state', line: after, state: value === undefined ? 'ready' : 'maint' };
        break;
      case 'maxconn':
        if (value === undefined || before.settings.get(key) === undefined)
          throw new NeedsReload(`${placeOf(after)} begins or ceases to have a maxconn`);
        yield { kind: 'max-connections', line: after, count: Number(value) };
        break;
      default:
        throw new NeedsReload(`"${key}" of ${placeOf(after)} changes`);
    }
  }
}

function* fileSteps(before: WrittenConfig, after: WrittenConfig): Generator<Step> {
  const old = new Map(before.files.map((file) => [file.path, file]));
  for (const { path, content } of after.files) {
    const counterpart = old.get(path);
    old.delete(path);
    if (counterpart === undefined) throw new NeedsReload(`${path} is new`);
    const [was, is] = [textOf(counterpart.content), textOf(content)];
    if (was === is) continue;
    if (path.endsWith('.pem')) yield { kind: 'certificate', file: path, content: is };
    else if (isUnordered(path, after.text)) yield mapStep(path, was, is);
    else throw new NeedsReload(`${path} changes`);
  }
  for (const path of old.keys()) throw new NeedsReload(`${path} goes`);
}

/** Whether a map is only looked up by whole keys or the longest prefix: then the order of its entries means nothing. */
function isUnordered(path: string, text: string): boolean {
  const uses = [...text.matchAll(/\bmap(_\w+)?\(([^),]+)/g)].filter(([, , file]) => file === path);
  return (
    uses.length > 0 &&
    uses.every(([, kind]) => kind === undefined || kind === '_str' || kind === '_beg')
  );
}

function mapStep(file: string, before: string, after: string): Step {
  const old = readMap(before);
  const set: Map<string, string> = new Map();
  const added: Map<string, string> = new Map();
  for (const [key, value] of readMap(after)) {
    const was = old.get(key);
    old.delete(key);
    if (was === undefined) added.set(key, value);
    else if (was !== value) set.set(key, value);
  }
  return { kind: 'map', file, set, added, removed: [...old.keys()] };
}

function readMap(text: string): Map<string, string> {
  const entries: Map<string, string> = new Map();
  for (const line of text.split('\n')) {
    const match = /^\s*([^\s#]\S*)\s+(.*?)\s*$/.exec(line);
    if (match === null) continue;
    // HAProxy takes the first of two equal keys.
    if (!entries.has(match[1] ?? '')) entries.set(match[1] ?? '', match[2] ?? '');
  }
  return entries;
}

function textOf(content: string | Uint8Array): string {
  return typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
}

function placeOf({ backend, server }: ServerLine): string {
  return `server ${backend}/${server}`;
}

/** Settings of a server that is added at run time. */
export function addableSettings(line: ServerLine): ReadonlyMap<string, string> {
  return new Map([...line.settings].filter(([key]) => !LEFT_OUT.includes(key)));
}

function firstDifference(before: string, after: string): string {
  const old = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  const added = after.split('\n').find((line) => !old.has(line));
  const removed = before.split('\n').find((line) => !now.has(line));
  const line = added ?? removed ?? '';
  const what = added === undefined ? 'goes' : 'is new';
  return line === '' ? 'lines change their order' : `"${splitWords(line).join(' ')}" ${what}`;
}
