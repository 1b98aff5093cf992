// ACLs: named conditions, one value per line, so that no value is ever taken for a flag, a brace or an operator.
import type { FileSet } from '../emit/emitted-file.js';
import type { Section } from './config-file.js';

/** More networks than this go to a file of their own. */
const MANY = 20;

/** A test of a section: several values are alternatives. */
export interface Acl {
  readonly name: string;
  /** `src`, `path`, `req.fhdr(x-user)`: made by us. */
  readonly fetch: string;
  /** `-m str`, `-i`: made by us. */
  readonly flags?: readonly string[];
}

/** Writes an ACL that holds when one of the values fits. Without values it never holds. */
export function addAcl(section: Section, acl: Acl, values: readonly string[]): void {
  const { name, fetch, flags = [] } = acl;
  // A word that is empty would end the line.
  const texts = values.filter((value) => value !== '');
  for (const value of texts) section.add('acl', name, fetch, ...flags, '--', value);
  if (texts.length < values.length) section.add('acl', name, fetch, '-m', 'len', '0');
}

/** Writes an ACL over networks; many go to a file. */
export function addNetworks(
  section: Section,
  files: FileSet,
  acl: Omit<Acl, 'flags'>,
  networks: readonly string[],
): void {
  if (networks.length <= MANY) {
    addAcl(section, acl, networks);
    return;
  }
  const path = files.add(`lists/${section.name}-${acl.name}.lst`, `${networks.join('\n')}\n`);
  section.add('acl', acl.name, acl.fetch, '-f', path);
}
