// What is refused by the head alone: bounds, methods, expectations, upgrades.
import type { FrontendConfig } from '../spec/config.js';
import { addAcl } from './acl.js';
import type { Answers } from './answers.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import { type GlobalNeeds, LONGEST_HEAD } from './global.js';

/** Where rules of a frontend go. */
export interface HttpPlace {
  readonly section: Section;
  /** `frontends[0]`. */
  readonly path: string;
  readonly answers: Answers;
  readonly needs: GlobalNeeds;
}

/** Writes the rules that hold for every request. */
export function addFixedRules(
  { report }: Emission,
  { section, path, answers, needs }: HttpPlace,
  frontend: FrontendConfig,
): void {
  const { limits, methods } = frontend;
  const refuse = (status: number, ...condition: readonly string[]): void => {
    section.add('http-request', ...answers.answer(status), ...condition);
  };
  section.add('acl', 'has_one_host', 'req.fhdr_cnt(host)', 'eq', '1');
  section.add('acl', 'is_http_1_0', 'req.ver', '1.0');
  section.add('acl', 'has_host', 'req.fhdr(host)', '-m', 'found');
  refuse(400, 'if', '!has_one_host', '!is_http_1_0');
  refuse(400, 'if', '!has_one_host', 'has_host');
  addMethods(section, answers, methods);
  report.exact(`${path}.methods`, 'CONNECT and TRACE are answered 405 unless allowed.');
  section.add('acl', 'expects', 'req.fhdr(expect)', '-m', 'found');
  section.add(
    'acl',
    'expects_continue',
    'req.fhdr(expect)',
    '-i',
    '-m',
    'str',
    '--',
    '100-continue',
  );
  refuse(417, 'if', 'expects', '!expects_continue');

  needs.header(Math.min(LONGEST_HEAD, limits.headerBytes), limits.headers);
  if (limits.headerBytes > LONGEST_HEAD)
    report.refused(
      `${path}.limits.headerBytes`,
      `HAProxy keeps heads in buffers of a fixed size: at most ${LONGEST_HEAD} bytes.`,
    );
  refuse(414, 'if', '{', 'pathq,length', 'gt', `${limits.headerBytes}`, '}');
  refuse(431, 'if', '{', 'req.hdrs,length', 'gt', `${limits.headerBytes}`, '}');
  refuse(431, 'if', '{', 'req.fhdr_cnt', 'gt', `${limits.headers}`, '}');
  report.approximated(
    `${path}.limits.headerBytes`,
    "Target and headers are counted apart; a head that does not fit HAProxy's buffer at all is answered 400 (from 3.2 414 or 431), not 414 or 431.",
  );
  report.approximated(
    `${path}.limits.headers`,
    'Far more lines than the largest limit of all frontends are answered 400, not 431.',
  );
  if (limits.bodyBytes !== undefined) {
    refuse(413, 'if', '{', 'req.body_size', 'gt', `${limits.bodyBytes}`, '}');
    report.approximated(
      `${path}.limits.bodyBytes`,
      'By Content-Length; of a chunked body only what has come with the head is counted.',
    );
  }
  if (limits.requestsPerConnection !== undefined)
    addRequestLimit(section, limits.requestsPerConnection, () => {
      report.approximated(
        `${path}.limits.requestsPerConnection`,
        'The last answer says Connection: close; a connection of HTTP/2 goes on.',
      );
    });
  addUpgrades(section, frontend.upgrades);
  report.exact(
    `${path}.upgrades`,
    'Other protocols are not asked for: the Upgrade line is dropped.',
  );
}

/** `Allow` names every method that is not refused. */
function addMethods(section: Section, answers: Answers, methods: FrontendConfig['methods']): void {
  const refused = [...(methods.connect ? [] : ['CONNECT']), ...(methods.trace ? [] : ['TRACE'])];
  if (refused.length === 0) return;
  let allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
  if (methods.connect) allow += ', CONNECT';
  if (methods.trace) allow += ', TRACE';
  addAcl(section, { name: 'method_refused', fetch: 'method' }, refused);
  section.add('http-request', ...answers.answer(405, [['allow', allow]]), 'if', 'method_refused');
}

function addRequestLimit(section: Section, limit: number, tell: () => void): void {
  const count = 'sess.requests';
  section.add(
    ['http-request', `set-var(${count})`, 'int(0)'],
    ['unless', '{', `var(${count})`, '-m', 'found', '}'],
  );
  section.add('http-request', `set-var(${count})`, `var(${count}),add(1)`);
  section.add(
    ['http-after-response', 'set-header', 'connection', 'close'],
    ['if', '{', `var(${count})`, '-m', 'int', 'ge', limit, '}'],
  );
  tell();
}

function addUpgrades(section: Section, upgrades: readonly string[]): void {
  const condition = upgrades.length === 0 ? [] : ['unless', 'upgrade_allowed'];
  addAcl(
    section,
    { name: 'upgrade_allowed', fetch: 'req.hdr(upgrade)', flags: ['-i', '-m', 'str'] },
    upgrades,
  );
  section.add('http-request', 'del-header', 'upgrade', ...condition);
}
