// Rules of one route: what goes with the protocol of its frontend, and which fields go together.
import { groupsOf, Replacement } from '../core/regex.js';
import { checkHeaders, type ForwardedMode, isFraming } from './header-rules.js';
import type { SpecNode } from './spec-node.js';
import { checkWildcards } from './wildcard-rules.js';
import { show } from './wording.js';

/** Fields of a route that only http knows. */
const HTTP_FIELDS: readonly string[] = [
  'split',
  'sticky',
  'redirect',
  'respond',
  'headers',
  'rateLimit',
  'timeouts',
  'rewritePath',
  'retries',
];

/** Fields of a match that only http knows. */
const HTTP_MATCHES: readonly string[] = ['host', 'path', 'method', 'header', 'query', 'cookie'];

/** What a route may do, one of them. */
const ACTIONS: readonly string[] = ['pool', 'split', 'redirect', 'respond'];

/** What means something only where a member gets the request. */
const FORWARDING_FIELDS: readonly string[] = ['headers', 'timeouts', 'rewritePath', 'retries'];

/** Statuses whose answers end with their head, or should. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Reports what is wrong with a route of a tcp or udp frontend. */
export function checkPlainRoute(route: SpecNode, protocol: 'tcp' | 'udp'): void {
  const matched = protocol === 'tcp' ? 'sni and source' : 'source';
  for (const key of HTTP_FIELDS) {
    if (route.get(key).isPresent) route.get(key).fault(`${key} is for http, not ${protocol}`);
  }
  const match = route.get('match');
  for (const key of HTTP_MATCHES) {
    const field = match.get(key);
    if (field.isPresent)
      field.fault(`${key} is for http, not ${protocol}; ${protocol} matches ${matched}`);
  }
  const sni = match.get('sni');
  if (sni.isPresent && protocol === 'udp') sni.fault('sni is for tcp, not udp; udp matches source');
  checkWildcards(sni);
  if (route.isObject && !route.get('pool').isPresent) {
    route.get('pool').fault('is missing; expected the name of a pool');
  }
}

/** Reports what is wrong with a route of an http frontend. */
export function checkHttpRoute(
  route: SpecNode,
  protocol: 'http' | 'https',
  forwarded: ForwardedMode,
): void {
  const sni = route.get('match').get('sni');
  if (sni.isPresent) sni.fault(`sni is for tcp, not ${protocol}; ${protocol} matches host`);
  checkWildcards(route.get('match').get('host'));
  const given = ACTIONS.filter((key) => route.get(key).isPresent);
  if (route.isObject && given.length !== 1) {
    route.fault(
      `expected exactly one of pool, split, redirect and respond, got ${given.length === 0 ? 'none' : given.join(' and ')}`,
    );
  }
  if (route.get('sticky').value === true && !route.get('split').isPresent) {
    route.get('sticky').fault('sticky goes with split');
  }
  if (given.includes('redirect') || given.includes('respond')) {
    for (const key of FORWARDING_FIELDS) {
      if (route.get(key).isFilled) route.get(key).fault(`${key} goes with pool or split`);
    }
  }
  checkSplit(route.get('split'));
  checkRespond(route.get('respond'));
  checkRewrite(route.get('rewritePath'));
  checkHeaders(route.get('headers'), forwarded);
}

function checkSplit(split: SpecNode): void {
  const weights = split.items.map((share) => share.get('weight').value);
  if (weights.length > 0 && weights.every((weight) => weight === 0)) {
    split.fault('expected at least one weight above 0');
  }
}

function checkRespond(respond: SpecNode): void {
  const status = respond.get('status').value;
  const body = respond.get('body');
  if (typeof status === 'number' && WITHOUT_BODY.has(status) && (body.text ?? '') !== '') {
    body.fault(`an answer ${status} has no body`);
  }
  const headers = respond.get('headers');
  const seen = new Set<string>();
  for (const key of headers.isObject ? Object.keys(headers.value as object) : []) {
    const name = key.toLowerCase();
    if (name === 'date' || isFraming(name)) {
      headers.get(key).fault(`${name} is written by the balancer`);
    }
    if (seen.has(name)) headers.get(key).fault(`${show(name)} is here already`);
    seen.add(name);
  }
}

/** A group that is named must exist. */
function checkRewrite(rewrite: SpecNode): void {
  const pattern = rewrite.get('regex').text;
  const to = rewrite.get('to');
  if (pattern === undefined || to.text === undefined) return;
  const groups = groupsOf(pattern);
  const { highestGroup } = new Replacement(to.text);
  if (highestGroup > groups) {
    to.fault(`names group ${highestGroup}, but the pattern has ${groups}`);
  }
}
