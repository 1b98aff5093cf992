// A HAProxy that a killed engine has left serving in its directory: whether it is provably ours, and what it listens on.
import { readFile } from 'node:fs/promises';
import { EvenkeelError } from '../../core/errors.js';
import { readConfig } from '../read-config.js';
import type { RuntimeSocket } from '../runtime/runtime-socket.js';

/** Where it would be. */
export interface OrphanPlace {
  readonly directory: string;
  /** The master's socket. */
  readonly master: RuntimeSocket;
  /** As it stands in its arguments. */
  readonly configFile: string;
  /** Name of the spec that is to run. */
  readonly name: string;
}

/** A HAProxy to take over from. */
export interface Orphan {
  /** Process id of its master. */
  readonly pid: number;
  /** The first arguments of its `bind` lines. */
  readonly binds: ReadonlySet<string>;
}

/**
 * Finds the HAProxy that answers in a directory nobody else holds.
 * @returns undefined when none answers
 * @throws EK_IN_USE when it can't be shown that an engine started it here for a spec of this name
 */
export async function findOrphan(place: OrphanPlace): Promise<Orphan | undefined> {
  let answer: string;
  try {
    answer = await place.master.ask('show proc');
  } catch {
    return undefined;
  }
  // `4131            master          0  ...`
  const pid = Number(/^(\d+)\s+master\s/m.exec(answer)?.[1] ?? 0);
  const text = await read(place.configFile);
  const args = (await read(`/proc/${pid}/cmdline`)).split('\0');
  const isOurs =
    pid > 0 &&
    text.startsWith('# Written by evenkeel ') &&
    text.split('\n', 1)[0]?.includes(` from the spec "${place.name}" (`) === true &&
    args.includes(place.configFile) &&
    args.some((arg) => arg.startsWith(`${place.master.path},`));
  if (isOurs) return { pid, binds: bindsOf(text) };
  throw new EvenkeelError(
    'EK_IN_USE',
    `another HAProxy runs in ${place.directory}${pid > 0 ? ` (process ${pid})` : ''}: end it, or choose another directory`,
  );
}

/** Addresses of a configuration's `bind` lines, as they are written. */
export function bindsOf(text: string): ReadonlySet<string> {
  const binds = new Set<string>();
  for (const section of readConfig(text))
    for (const { words } of section.lines) if (words[0] === 'bind') binds.add(words[1] ?? '');
  return binds;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}
