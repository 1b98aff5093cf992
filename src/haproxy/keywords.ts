// Every keyword that is written, the version that brought it, and where the manual describes it.
import { type HaproxyTarget, isKnownTo } from './target.js';

/** A keyword's origin. */
export interface Keyword {
  /** `2.6` stands for everything that Debian 12's version has. */
  readonly since: string;
  /** Section of the configuration manual. */
  readonly manual: string;
}

const GLOBAL = '3.1 / 3.2 "global" parameters';
const PROXY = '4.2 alphabetically sorted keywords';
const RULES = '4.2 http-request';

/** The first words of a line -> its origin. The longest entry that a line begins with counts. */
export const KEYWORDS: Readonly<Record<string, Keyword>> = {
  'default-path config': { since: '2.6', manual: `${GLOBAL}: default-path` },
  presetenv: { since: '2.6', manual: `${GLOBAL}: presetenv` },
  'crt-base': { since: '2.6', manual: `${GLOBAL}: crt-base` },
  log: { since: '2.6', manual: `${GLOBAL}: log` },
  'stats socket': { since: '2.6', manual: `${GLOBAL}: stats socket` },
  'stats timeout': { since: '2.6', manual: `${GLOBAL}: stats timeout` },
  'server-state-file': { since: '2.6', manual: `${GLOBAL}: server-state-file` },
  'hard-stop-after': { since: '2.6', manual: `${GLOBAL}: hard-stop-after` },
  localpeer: { since: '2.6', manual: `${GLOBAL}: localpeer` },
  'spread-checks': { since: '2.6', manual: '3.2 spread-checks' },
  'tune.bufsize': { since: '2.6', manual: '3.2 tune.bufsize' },
  'tune.maxrewrite': { since: '2.6', manual: '3.2 tune.maxrewrite' },
  'tune.http.maxhdr': { since: '2.6', manual: '3.2 tune.http.maxhdr' },
  'tune.h2.max-concurrent-streams': { since: '2.6', manual: '3.2 tune.h2.max-concurrent-streams' },
  'ssl-default-bind-ciphers': { since: '2.6', manual: '3.1 ssl-default-bind-ciphers' },
  'ssl-default-bind-ciphersuites': { since: '2.6', manual: '3.1 ssl-default-bind-ciphersuites' },
  'ssl-default-bind-options': { since: '2.6', manual: '3.1 ssl-default-bind-options' },
  'ssl-default-server-ciphers': { since: '2.6', manual: '3.1 ssl-default-server-ciphers' },
  'ssl-default-server-ciphersuites': {
    since: '2.6',
    manual: '3.1 ssl-default-server-ciphersuites',
  },
  'ssl-default-server-options': { since: '2.6', manual: '3.1 ssl-default-server-options' },
  'tune.ssl.default-dh-param': { since: '2.6', manual: '3.2 tune.ssl.default-dh-param' },

  mode: { since: '2.6', manual: `${PROXY}: mode` },
  bind: { since: '2.6', manual: '4.2 bind, 5.1 bind options' },
  maxconn: { since: '2.6', manual: `${PROXY}: maxconn` },
  acl: { since: '2.6', manual: '7.1 ACL basics' },
  default_backend: { since: '2.6', manual: `${PROXY}: default_backend` },
  use_backend: { since: '2.6', manual: `${PROXY}: use_backend` },
  'use-server': { since: '2.6', manual: `${PROXY}: use-server` },
  balance: { since: '2.6', manual: `${PROXY}: balance` },
  'hash-type': { since: '2.6', manual: `${PROXY}: hash-type` },
  'hash-balance-factor': { since: '2.6', manual: `${PROXY}: hash-balance-factor` },
  server: { since: '2.6', manual: '4.2 server, 5.2 server and default-server options' },
  'server-template': { since: '2.6', manual: `${PROXY}: server-template` },
  retries: { since: '2.6', manual: `${PROXY}: retries` },
  'retry-on': { since: '2.6', manual: `${PROXY}: retry-on` },
  cookie: { since: '2.6', manual: `${PROXY}: cookie` },
  'dynamic-cookie-key': { since: '2.6', manual: `${PROXY}: dynamic-cookie-key` },
  'stick-table': { since: '2.6', manual: `${PROXY}: stick-table` },
  'stick on': { since: '2.6', manual: `${PROXY}: stick on` },
  'http-reuse': { since: '2.6', manual: `${PROXY}: http-reuse` },
  'http-check': {
    since: '2.6',
    manual: `${PROXY}: http-check connect, disable-on-404, expect, send`,
  },
  'tcp-check': { since: '2.6', manual: `${PROXY}: tcp-check connect, expect, send` },
  errorfile: { since: '2.6', manual: '3.8 HTTP-errors, 4.2 errorfile' },
  errorfiles: { since: '2.6', manual: `${PROXY}: errorfiles` },
  'load-server-state-from-file': { since: '2.6', manual: `${PROXY}: load-server-state-from-file` },
  'log-format': { since: '2.6', manual: '8.2.4 custom log format' },
  'unique-id-format': { since: '2.6', manual: `${PROXY}: unique-id-format` },
  compression: { since: '2.6', manual: `${PROXY}: compression` },
  'compression minsize-res': { since: '3.2', manual: '3.2 manual, 4.2 compression minsize-res' },
  user: { since: '2.6', manual: '3.4 userlists' },
  peer: { since: '2.6', manual: '3.5 peers' },

  'option abortonclose': { since: '2.6', manual: `${PROXY}: option abortonclose` },
  'no log': { since: '2.6', manual: `${PROXY}: log` },
  'option disable-h2-upgrade': { since: '2.6', manual: `${PROXY}: option disable-h2-upgrade` },
  'option allbackups': { since: '2.6', manual: `${PROXY}: option allbackups` },
  'option dontlognull': { since: '2.6', manual: `${PROXY}: option dontlognull` },
  'option httpchk': { since: '2.6', manual: `${PROXY}: option httpchk` },
  'option httplog': { since: '2.6', manual: `${PROXY}: option httplog` },
  'option ldap-check': { since: '2.6', manual: `${PROXY}: option ldap-check` },
  'option mysql-check': { since: '2.6', manual: `${PROXY}: option mysql-check` },
  'option pgsql-check': { since: '2.6', manual: `${PROXY}: option pgsql-check` },
  'option redis-check': { since: '2.6', manual: `${PROXY}: option redis-check` },
  'option redispatch': { since: '2.6', manual: `${PROXY}: option redispatch` },
  'option smtpchk': { since: '2.6', manual: `${PROXY}: option smtpchk` },
  'option splice-auto': { since: '2.6', manual: `${PROXY}: option splice-auto` },
  'option tcp-check': { since: '2.6', manual: `${PROXY}: option tcp-check` },
  'option tcplog': { since: '2.6', manual: `${PROXY}: option tcplog` },

  timeout: {
    since: '2.6',
    manual: '4.2 timeout check, client, connect, http-request, queue, server, tunnel ...',
  },

  'http-request add-header': { since: '2.6', manual: `${RULES} add-header` },
  'http-request auth': { since: '2.6', manual: `${RULES} auth` },
  'http-request del-header': { since: '2.6', manual: `${RULES} del-header` },
  'http-request deny': { since: '2.6', manual: `${RULES} deny` },
  'http-request disable-l7-retry': { since: '2.6', manual: `${RULES} disable-l7-retry` },
  'http-request redirect': { since: '2.6', manual: `${RULES} redirect` },
  'http-request reject': { since: '2.6', manual: `${RULES} reject` },
  'http-request return': { since: '2.6', manual: `${RULES} return` },
  'http-request sc-inc-gpc0': { since: '2.6', manual: `${RULES} sc-inc-gpc0` },
  'http-request set-header': { since: '2.6', manual: `${RULES} set-header` },
  'http-request set-path': { since: '2.6', manual: `${RULES} set-path` },
  'http-request set-timeout': { since: '2.6', manual: `${RULES} set-timeout` },
  'http-request set-uri': { since: '2.6', manual: `${RULES} set-uri` },
  'http-request set-var': { since: '2.6', manual: `${RULES} set-var` },
  'http-request set-var-fmt': { since: '2.6', manual: `${RULES} set-var-fmt` },
  'http-request track-sc': { since: '2.6', manual: `${RULES} track-sc0` },
  'http-request use-service': { since: '2.6', manual: `${RULES} use-service` },
  'http-request wait-for-body': { since: '2.6', manual: `${RULES} wait-for-body` },
  'http-response add-header': { since: '2.6', manual: '4.2 http-response add-header' },
  'http-response del-header': { since: '2.6', manual: '4.2 http-response del-header' },
  'http-response set-header': { since: '2.6', manual: '4.2 http-response set-header' },
  'http-after-response set-header': { since: '2.6', manual: '4.2 http-after-response set-header' },
  'tcp-request connection': { since: '2.6', manual: '4.2 tcp-request connection' },
  'tcp-request content': { since: '2.6', manual: '4.2 tcp-request content' },
  'tcp-request inspect-delay': { since: '2.6', manual: '4.2 tcp-request inspect-delay' },
  'tcp-request session': { since: '2.6', manual: '4.2 tcp-request session' },

  'parse-resolv-conf': { since: '2.6', manual: '5.3.2 the resolvers section' },
  nameserver: { since: '2.6', manual: '5.3.2 the resolvers section' },
  accepted_payload_size: { since: '2.6', manual: '5.3.2 the resolvers section' },
  hold: { since: '2.6', manual: '5.3.2 the resolvers section' },
  resolve_retries: { since: '2.6', manual: '5.3.2 the resolvers section' },
};

/** Options inside a line that are newer than 2.6, by the line's first word. */
export const NEWER_OPTIONS: Readonly<Record<string, Readonly<Record<string, Keyword>>>> = {
  server: {
    'init-state': { since: '3.1', manual: '3.2 manual, 5.2 init-state' },
    'hash-key': { since: '3.0', manual: '3.0 manual, 5.2 hash-key' },
  },
  'retry-on': { '429': { since: '3.2', manual: '3.2 manual, 4.2 retry-on' } },
};

/** Checks that a target knows a line. @throws RangeError naming the keyword */
export function checkKeyword(words: readonly string[], target: HaproxyTarget): void {
  const found = keywordOf(words);
  if (found === undefined) throw new RangeError(`keyword without an entry: ${words.join(' ')}`);
  const [name, { since }] = found;
  if (!isKnownTo(target, since)) throw new RangeError(`${name} is newer than ${target}`);
  for (const [option, keyword] of Object.entries(NEWER_OPTIONS[words[0] ?? ''] ?? {})) {
    if (words.includes(option) && !isKnownTo(target, keyword.since))
      throw new RangeError(`${option} is newer than ${target}`);
  }
}

function keywordOf(words: readonly string[]): readonly [string, Keyword] | undefined {
  // `http-request set-var(txn.host)` and `track-sc0` begin with their keyword.
  const [first = '', second = ''] = words;
  const action = (/^[a-z0-9-]+/.exec(second)?.[0] ?? '').replace(/^(track-sc)\d$/, '$1');
  for (const name of [`${first} ${second}`, `${first} ${action}`, first]) {
    const keyword = KEYWORDS[name];
    if (keyword !== undefined) return [name, keyword];
  }
  return undefined;
}
