// Host names and the public suffix list: under which names anybody may register one.
import { createRequire } from 'node:module';
import type * as tldts from 'tldts';

let loaded: typeof tldts | undefined;

/**
 * Whether strangers may register names under this one: `com`, `co.uk`, `github.io`. A cookie for all names below it would reach theirs.
 * Names of no public domain (`localhost`, `internal`, `lan`) are not. The first call loads the list (20 ms).
 * Source: publicsuffix.org, private section included.
 */
export function isPublicSuffix(name: string): boolean {
  return isSuffix(name, true);
}

/**
 * Whether a registry hands out the names under this one: `com`, `co.uk`, but not `github.io`, whose owner may well have certificates
 * and routes for all of it. Source: publicsuffix.org, ICANN section.
 */
export function isRegistrySuffix(name: string): boolean {
  return isSuffix(name, false);
}

function isSuffix(name: string, allowPrivateDomains: boolean): boolean {
  const bare = name.toLowerCase().replace(/\.$/, '');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what the package's types say
  loaded ??= createRequire(import.meta.url)('tldts') as typeof tldts;
  const { publicSuffix, isIcann, isPrivate } = loaded.parse(bare, { allowPrivateDomains });
  return publicSuffix === bare && (isIcann === true || isPrivate === true);
}
