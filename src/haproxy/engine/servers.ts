// The servers of a configuration: what each backend balances over, with its defaults filled in.
import { type ConfigSection, readConfig } from '../read-config.js';
import { readServerWords } from './server-words.js';

/** One `server` line. */
export interface ServerLine {
  readonly backend: string;
  readonly server: string;
  readonly address: string;
  /** Keywords with their values, those of `default-server` among them. */
  readonly settings: ReadonlyMap<string, string>;
}

/** A backend and its servers by name, in order. */
export interface BackendServers {
  /** The words after `balance`; HAProxy's default is `roundrobin`. */
  readonly balance: string;
  readonly hashType: string;
  readonly servers: ReadonlyMap<string, ServerLine>;
}

/** A configuration, taken apart into its servers and everything else. */
export interface SplitConfig {
  readonly backends: ReadonlyMap<string, BackendServers>;
  /** All other lines, sections and their order among them; comments left out. Two configurations with the same rest differ in servers only. */
  readonly rest: string;
}

/** Takes a configuration apart. */
export function splitConfig(text: string): SplitConfig {
  const backends: Map<string, BackendServers> = new Map();
  const rest: string[] = [];
  let defaults: readonly string[] = [];
  for (const section of readConfig(text)) {
    rest.push(section.line.text);
    if (section.kind === 'defaults') defaults = defaultsOf(section);
    if (section.kind === 'backend' || section.kind === 'listen')
      backends.set(section.name, serversOf(section, defaults));
    for (const line of section.lines) if (line.words[0] !== 'server') rest.push(line.text);
  }
  return { backends, rest: rest.join('\n') };
}

function defaultsOf(section: ConfigSection): readonly string[] {
  return section.lines
    .filter(({ words }) => words[0] === 'default-server')
    .flatMap(({ words }) => words.slice(1));
}

function serversOf(section: ConfigSection, defaults: readonly string[]): BackendServers {
  const servers: Map<string, ServerLine> = new Map();
  let balance = 'roundrobin';
  let hashType = 'map-based';
  let inherited = defaults;
  for (const { words } of section.lines) {
    const [keyword, ...values] = words;
    if (keyword === 'balance') balance = values.join(' ');
    if (keyword === 'hash-type') hashType = values.join(' ');
    if (keyword === 'default-server') inherited = [...inherited, ...values];
    if (keyword !== 'server') continue;
    const [server = '', address = '', ...own] = values;
    const settings = readServerWords([...inherited, ...own]);
    servers.set(server, { backend: section.name, server, address, settings });
  }
  return { balance, hashType, servers };
}
