// What HAProxy prints when it complains: lines -> notices with file and line, and the place in the spec that they come from.
import { type ErrorCode, EvenkeelError, SpecError, type SpecIssue } from '../../core/errors.js';

/** One line that HAProxy printed about itself. */
export interface Notice {
  readonly level: 'alert' | 'warning' | 'notice';
  /** Without level, pid and place. */
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** Spec path that a line of the configuration came from; undefined if no field asked for it. */
export type LineOrigin = (line: number) => string | undefined;

const LINE = /^\[(ALERT|WARNING|NOTICE)\]\s+\(\d+\) : (.*)$/;
const PLACE = /(?:parsing )?\[([^\]\s]+):(\d+)\](?: :)? ?/;
/** Sums up what other lines say. */
const SUMMARY =
  /Error\(s\) found in configuration|Fatal errors found|Some protocols failed to start/;

/**
 * Reads what HAProxy printed; lines that are no notices are left out.
 *
 * ```
 *   [ALERT]    (123) : config : parsing [haproxy.cfg:17] : unknown keyword 'x' in 'backend' section
 *     -> { level: 'alert', file: 'haproxy.cfg', line: 17, message: "unknown keyword 'x' in 'backend' section" }
 *   [ALERT]    (123) : Binding [haproxy.cfg:11] for frontend f: cannot bind socket (Address already in use) for [127.0.0.1:80]
 * ```
 */
export function parseNotices(text: string): readonly Notice[] {
  const notices: Notice[] = [];
  for (const raw of text.split('\n')) {
    const match = LINE.exec(raw);
    if (match === null) continue;
    const level = (match[1] ?? '').toLowerCase() as Notice['level'];
    const said = (match[2] ?? '').replace(/^config : /, '');
    const place = PLACE.exec(said);
    const message = said.replace(PLACE, '').trim();
    notices.push(
      place === null
        ? { level, message }
        : { level, message, file: place[1] ?? '', line: Number(place[2]) },
    );
  }
  return notices;
}

/** The alerts that say something of their own. */
export function alertsOf(notices: readonly Notice[]): readonly Notice[] {
  return notices.filter(({ level, message }) => level === 'alert' && !SUMMARY.test(message));
}

/**
 * An error for a configuration that HAProxy does not take, with an issue per alert.
 * @param printed - everything it printed, for alerts that name no place
 * @returns EK_BIND if an address can't be listened on; else a SpecError with EK_HAPROXY issues at the fields that the lines come from
 */
export function refusal(printed: string, origin: LineOrigin): EvenkeelError {
  const alerts = alertsOf(parseNotices(printed));
  const issues = alerts.map(
    (alert): SpecIssue => ({
      path: (alert.line === undefined ? undefined : origin(alert.line)) ?? '',
      code: codeOf(alert),
      message: `HAProxy refuses it: ${alert.message}${where(alert)}`,
    }),
  );
  const [bind] = issues.filter(({ code }) => code === 'EK_BIND');
  if (bind !== undefined) {
    const path = bind.path === '' ? '' : `${bind.path}: `;
    return new EvenkeelError('EK_BIND', `${path}${bind.message}`, { retryable: true });
  }
  if (issues.length > 0) return new SpecError(issues);
  const last = printed.trim().split('\n').slice(-5).join('\n');
  return new EvenkeelError('EK_HAPROXY', `HAProxy does not start: ${last || 'it said nothing'}`);
}

function codeOf({ message }: Notice): ErrorCode {
  return /cannot bind|[Aa]ddress already in use|cannot listen/.test(message)
    ? 'EK_BIND'
    : 'EK_HAPROXY';
}

function where({ file, line }: Notice): string {
  return line === undefined ? '' : ` (${file}:${line})`;
}
