// Host names and the public suffix list: under which names anybody may register one.
import { createRequire } from 'node:module';
import type * as tldts from 'tldts';

let loaded: typeof tldts | undefined;

/**
 * Whether strangers may register names under this one: `com`, `co.uk`, `github.io`. Certificates, cookies and routes for all
 * names below it would take in theirs. Names of no public domain (`localhost`, `internal`, `lan`) are not.
 * Source: publicsuffix.org, private section included. The first call loads the list (20 ms).
 */
export function isPublicSuffix(name: string): boolean {
  const bare = name.toLowerCase().replace(/\.$/, '');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what the package's types say
  loaded ??= createRequire(import.meta.url)('tldts') as typeof tldts;
  const { publicSuffix, isIcann, isPrivate } = loaded.parse(bare, { allowPrivateDomains: true });
  return publicSuffix === bare && (isIcann === true || isPrivate === true);
}
