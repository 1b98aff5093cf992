// Rules of names that stand for all names below them: not below a public suffix, where they belong to strangers.
import { isRegistrySuffix } from '../core/hostname.js';
import type { SpecNode } from './spec-node.js';
import { show } from './wording.js';

/** Reports `*.co.uk` among the names of a route. */
export function checkWildcards(names: SpecNode): void {
  for (const name of names.itemsOrSelf) {
    const suffix = name.text?.startsWith('*.') === true ? name.text.slice(2) : '';
    if (suffix === '' || !isRegistrySuffix(suffix)) continue;
    name.fault(`${show(suffix)} is a public suffix: the names below it belong to strangers`);
  }
}
