// What the host program brings to a spec: extensions by name, limits, permissions.
import type { HostLimits } from './limits.js';
import type { SpecNode } from './spec-node.js';
import { noSuchName } from './wording.js';

/** What the host brings to a spec. */
export interface Host {
  /** Functions and objects that specs name: `{ type: custom, use: NAME }`, `{ hook: NAME }`. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** @defaultValue unlimited */
  readonly limits?: HostLimits;
  /** Whether `exec` monitors may run programs. @defaultValue false */
  readonly allowExec?: boolean;
  /** The secret of the pair, from wherever the host keeps it. @defaultValue the environment variable that the spec names */
  readonly haSecret?: () => string;
}

/** Reports a name that is none of the host's extensions. */
export function checkExtension(node: SpecNode, host: Host): void {
  const name = node.text;
  const extensions = host.extensions ?? {};
  if (name === undefined || name === '' || Object.hasOwn(extensions, name)) return;
  const known = Object.keys(extensions);
  const fault = noSuchName('extension', name, known);
  node.fault(known.length > 0 ? fault : `${fault}; extensions are code, and the host brings none`);
}
