// Features of an http frontend that note something or answer everybody: request ids, HSTS, maintenance, https.
import { readPage } from '../frontend/http/page.js';
import { hstsValue } from '../frontend/http/policy/hsts-pass.js';
import type { FrontendConfig } from '../spec/config.js';
import { addNetworks } from './acl.js';
import { LONGEST_BODY } from './answers.js';
import type { Emission } from './emission.js';
import type { HttpPlace } from './fixed-rules.js';
import { addDeletionOfTwins } from './header-changes.js';
import { quoteArgument } from './quote.js';
import { REQUEST_VARIABLES } from './template.js';

const ID = REQUEST_VARIABLES.id;

/** An id that a trusted peer may bring. */
const KEPT_ID = '^[A-Za-z0-9_.:/+=@~-]{1,128}$';

/** Gives each request an id, told to member and client. */
export function addRequestId(
  { report, files }: Emission,
  { section, path }: HttpPlace,
  { requestId }: FrontendConfig,
): void {
  if (requestId === undefined) return;
  const name = requestId.header.toLowerCase();
  section.add('unique-id-format', '%[uuid()]');
  if (requestId.trust.length > 0) {
    addNetworks(section, files, { name: 'id_trusted', fetch: 'src' }, requestId.trust);
    const brought = `req.fhdr(${quoteArgument(name) ?? name})`;
    section.add('acl', 'id_is_good', brought, '-m', 'reg', '--', KEPT_ID);
    const kept = ['if', 'id_trusted', 'id_is_good'];
    section.add('http-request', `set-var(${ID})`, brought, ...kept);
  }
  const isNew = ['unless', '{', `var(${ID})`, '-m', 'found', '}'];
  section.add('http-request', `set-var(${ID})`, 'unique-id', ...isNew);
  addDeletionOfTwins(section, 'http-request', name);
  section.add('http-request', 'set-header', name, `%[var(${ID})]`);
  section.add('http-after-response', 'set-header', name, `%[var(${ID})]`);
  report.approximated(`${path}.requestId`, 'Ids are UUIDs; they mean the same.');
}

/** Strict-Transport-Security on every answer. */
export function addHsts(
  { report }: Emission,
  { section, path }: HttpPlace,
  { hsts }: FrontendConfig,
): void {
  if (hsts === undefined) return;
  const words = ['set-header', 'strict-transport-security', hstsValue(hsts)];
  section.add('http-after-response', ...words);
  report.exact(`${path}.hsts`, 'The same header on every answer.');
}

/** A fixed answer for everybody but those who do the work. */
export function addMaintenance(
  { report, files }: Emission,
  { section, path, answers, needs }: HttpPlace,
  { maintenance }: FrontendConfig,
): void {
  if (maintenance === undefined) return;
  const { status, page, allow } = maintenance;
  const place = `${path}.maintenance`;
  let words = answers.answer(status);
  if (page !== undefined) {
    const { body, type } = readPage(page, `${place}.page`);
    if (body.length > LONGEST_BODY) {
      report.refused(
        `${place}.page`,
        `HAProxy answers from one buffer: at most ${LONGEST_BODY} bytes.`,
      );
      return;
    }
    needs.body(body.length);
    words = answers.fixed('maintenance', { status, body: Buffer.from(body, 'latin1'), type });
  }
  addNetworks(section, files, { name: 'maintenance_allowed', fetch: 'src' }, allow);
  const condition = allow.length === 0 ? [] : ['unless', 'maintenance_allowed'];
  section.answer(words, condition);
  report.exact(place, 'The same answer for everybody who is not allowed in.');
}

/** Sends everybody to the same address over https. */
export function addRedirectToHttps(
  { report }: Emission,
  { section, path, answers }: HttpPlace,
  { redirectToHttps }: FrontendConfig,
): void {
  if (redirectToHttps === undefined) return;
  const port = redirectToHttps.port === 443 ? '' : `:${redirectToHttps.port}`;
  const host = 'txn.redirect_host';
  const hasHost = ['if', 'has_host'];
  section.add('http-request', `set-var(${host})`, 'req.hdr(host),host_only', ...hasHost);
  section.add('http-request', `set-var(${host})`, 'dst', 'unless', 'has_host');
  const isPath = ['{', 'path', '-m', 'beg', '--', '/', '}'];
  for (const [target, condition] of [
    ['%[pathq]', ['if', ...isPath]],
    ['/', []],
  ] as const) {
    const location = `https://%[var(${host})]${port}${target}`;
    section.answer(answers.answer(308, [['location', location]]), condition);
  }
  report.exact(`${path}.redirectToHttps`, 'The same 308.');
}
