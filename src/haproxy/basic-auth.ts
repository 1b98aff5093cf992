// Names and passwords: an htpasswd file becomes a userlist.
import { parseHtpasswd } from '../auth/htpasswd.js';
import { readPage } from '../frontend/http/page.js';
import { fileFault } from '../frontend/http/small-file.js';
import type { FrontendConfig } from '../spec/config.js';
import { Section } from './config-file.js';
import type { Emission } from './emission.js';
import type { HttpPlace } from './fixed-rules.js';

/**
 * Asks for a name and password. @returns the userlist
 * @throws SpecError EK_FILE when the file can't be read or has a bad line
 */
export function addBasicAuth(
  { report }: Emission,
  { section, path }: HttpPlace,
  { name, basicAuth }: FrontendConfig,
): readonly Section[] {
  if (basicAuth === undefined) return [];
  const place = `${path}.basicAuth`;
  const { realm, usersFile } = basicAuth;
  const { body } = readPage(usersFile, `${place}.usersFile`);
  const { users, faults } = parseHtpasswd(body);
  if (faults.length > 0) {
    throw fileFault(`${place}.usersFile`, ...faults.map((fault) => `"${usersFile}": ${fault}`));
  }
  const list = new Section('userlist', name, place);
  const unknown: string[] = [];
  for (const [user, hash] of users) {
    if (hash.kind === 'sha1') unknown.push(user);
    else list.add('user', user, 'password', hash.text);
  }
  if (unknown.length > 0) {
    const who = JSON.stringify(unknown[0]);
    report.refused(
      `${place}.usersFile`,
      `HAProxy does not know {SHA}; make the password of ${who} anew with "htpasswd -5" or "-B".`,
    );
  }
  if (/["\\]/.test(realm)) {
    report.refused(`${place}.realm`, 'HAProxy writes a realm as it is: no quotes and backslashes.');
  }
  const isBcrypt = [...users.values()].some(({ kind }) => kind === 'bcrypt');
  section.add('acl', 'is_user', `http_auth(${name})`);
  section.add('http-request', 'auth', 'realm', realm, 'unless', 'is_user');
  report.exact(`${place}.realm`, 'The same realm.');
  report.approximated(
    `${place}.usersFile`,
    `HAProxy checks a password for each request, and everybody waits meanwhile${isBcrypt ? '; bcrypt needs a crypt(3) that knows it, as on Debian' : ''}.`,
  );
  return [list];
}
