// Rules of stickiness: what goes together, and what must be there.
import { isPublicSuffix } from '../core/hostname.js';
import { checkExtension, type Host } from './host.js';
import { checkStoreTimeout } from './outside-store.js';
import { checkSecret } from './secret.js';
import type { SpecNode } from './spec-node.js';
import { show } from './wording.js';

/** Fields that say how our own cookie is set; with `rewrite` and `prefix` the member sets it. */
const INSERT_ONLY: readonly string[] = [
  'secure',
  'httpOnly',
  'sameSite',
  'maxIdle',
  'maxLife',
  'domain',
  'path',
];

/** Reports every rule that a pool's `sticky` breaks. */
export function checkSticky(sticky: SpecNode, host: Host): void {
  if (sticky.get('mode').text === 'cookie') checkCookie(sticky);
  else {
    if (sticky.get('store').text !== 'memory') checkExtension(sticky.get('store'), host);
    checkStoreTimeout(sticky);
  }
}

function checkCookie(sticky: SpecNode): void {
  const mode = sticky.get('cookieMode').text ?? 'insert';
  if (mode === 'insert') checkInserted(sticky);
  else {
    for (const key of INSERT_ONLY) {
      const field = sticky.get(key);
      if (!field.isPresent || isDefault(field)) continue;
      field.fault(`${key} is for cookieMode insert; with ${mode} the member sets the cookie`);
    }
  }
  const isOpaque = sticky.get('opaque').value === true;
  const secret = sticky.get('secretEnv');
  if (!isOpaque && secret.isPresent) secret.fault('secretEnv is for opaque values');
  if (!isOpaque) return;
  if (secret.isPresent) checkSecret(secret);
  else secret.fault('is missing; opaque values need the name of a variable with their key');
}

function checkInserted(sticky: SpecNode): void {
  const isSecure = sticky.get('secure').value === true;
  const sameSite = sticky.get('sameSite');
  if (sameSite.text === 'None' && !isSecure) {
    sameSite.fault('browsers drop a cookie with SameSite None that is not secure; set secure');
  }
  const path = sticky.get('path');
  if (path.text !== undefined && !/^[\x21-\x3a\x3c-\x7e]*$/.test(path.text)) {
    path.fault(`a cookie's path has ASCII characters other than ";" only, got ${show(path.text)}`);
  }
  const domain = sticky.get('domain');
  if (domain.text !== undefined && /^[\d.]+$|:/.test(domain.text)) {
    domain.fault(`a cookie's domain is a name, got ${show(domain.text)}`);
  } else if (domain.text !== undefined && isPublicSuffix(domain.text)) {
    domain.fault(
      `${show(domain.text)} is a public suffix: browsers drop a cookie for all names below it`,
    );
  }
  checkNamePrefix(sticky, isSecure);
}

/** What browsers ask of names that begin so (RFC 6265bis 4.1.3). */
function checkNamePrefix(sticky: SpecNode, isSecure: boolean): void {
  const cookie = sticky.get('cookie');
  const name = cookie.text?.toLowerCase() ?? '';
  const isHost = name.startsWith('__host-');
  if (!isHost && !name.startsWith('__secure-')) return;
  if (!isSecure) cookie.fault('browsers take a cookie of this name only if it is secure');
  if (!isHost) return;
  const path = sticky.get('path').text ?? '/';
  if (path !== '/' || sticky.get('domain').isPresent) {
    cookie.fault('browsers take a cookie of this name only with path "/" and no domain');
  }
}

/** What an expanded spec says of a cookie that is not ours. */
function isDefault({ value }: SpecNode): boolean {
  return value === false || value === '/';
}
