// Changes of headers on the way: remove, set, add.
import type { HeaderChangesConfig } from '../spec/http-features-config.js';
import type { Section } from './config-file.js';
import { renderFormat } from './template.js';

/** Which way, when, and what `{rest}` leaves out. */
export interface ChangeRules {
  /** `http-request` towards members, `http-response` towards clients. */
  readonly rules: 'http-request' | 'http-response' | 'http-after-response';
  /** `if routed_3`, or nothing. */
  readonly condition?: readonly string[];
  /** @defaultValue 0 */
  readonly prefixLength?: number;
}

/** Drops what speaks of one hop only, and what speaks of a proxy (RFC 9110 7.6.1, 11.7); HAProxy itself passes it all. */
export function addHopRules(section: Section): void {
  const drop = (rules: ChangeRules['rules'], pattern: string): void =>
    section.add(rules, 'del-header', pattern, '-m', 'reg');
  drop('http-request', '^(keep[-_]alive|proxy[-_](connection|authorization)|http2[-_]settings)$');
  const isTrailers = ['{', 'req.fhdr(te)', '-i', '-m', 'str', '--', 'trailers', '}'];
  section.add('http-request', 'del-header', 'te', 'unless', ...isTrailers);
  drop(
    'http-response',
    '^(keep[-_]alive|proxy[-_](connection|authenticate|authentication[-_]info))$',
  );
}

/** Writes the changes of one direction. */
export function addHeaderChanges(
  section: Section,
  { remove, set, add }: HeaderChangesConfig,
  { rules, condition = [], prefixLength = 0 }: ChangeRules,
): void {
  for (const name of remove) section.add(rules, 'del-header', name.toLowerCase(), ...condition);
  for (const [name, template] of Object.entries(set)) {
    addDeletionOfTwins(section, rules, name, condition);
    const format = renderFormat(template, prefixLength);
    const isHost = name.toLowerCase() === 'host';
    // There is no request without a host: the client's own stays.
    const guard = isHost && format.includes('%[ssl_fc_sni]') ? ['ssl_fc_has_sni'] : [];
    const words = guard.length === 0 ? condition : [...orIf(condition), '{', ...guard, '}'];
    section.add(rules, 'set-header', name.toLowerCase(), format, ...words);
  }
  for (const [name, template] of Object.entries(add)) {
    const format = renderFormat(template, prefixLength);
    section.add(rules, 'add-header', name.toLowerCase(), format, ...condition);
  }
}

function orIf(condition: readonly string[]): readonly string[] {
  return condition.length === 0 ? ['if'] : condition;
}

/** Many servers take `x_real_ip` and `x-real-ip` for one: the other spelling goes. */
export function addDeletionOfTwins(
  section: Section,
  rules: ChangeRules['rules'],
  name: string,
  condition: readonly string[] = [],
): void {
  const lower = name.toLowerCase();
  if (!/[-_]/.test(lower)) return;
  section.add(rules, 'del-header', twinPattern(lower), '-m', 'reg', ...condition);
}

/** `x-real-ip` -> `^x[-_]real[-_]ip$`. */
function twinPattern(name: string): string {
  return `^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/[-_]/g, '[-_]')}$`;
}
