// One error type, told apart by its code; docs/errors.md has a row per code.

/** Every code that evenkeel throws or reports. */
export type ErrorCode =
  | 'EK_SPEC_INVALID'
  | 'EK_NOT_SUPPORTED'
  | 'EK_SPEC_FILE'
  | 'EK_FILE'
  | 'EK_CLOSED'
  | 'EK_STATE'
  | 'EK_BIND'
  | 'EK_ADDRESS'
  | 'EK_IN_USE'
  | 'EK_UNKNOWN_NAME'
  | 'EK_LIMIT'
  | 'EK_DISCOVERY'
  | 'EK_STORE'
  | 'EK_PROBE'
  | 'EK_HA'
  | 'EK_PROGRAM'
  | 'EK_HAPROXY'
  | 'EK_CERTIFICATE';

/** Who is at fault, as far as evenkeel can tell. */
export type ErrorSide = 'client' | 'member' | 'internal';

/** What may be told about an error besides code and message. */
export interface ErrorDetails {
  /** @defaultValue 'internal' */
  side?: ErrorSide;
  /** Whether the same call may succeed later. @defaultValue false */
  retryable?: boolean;
  cause?: unknown;
}

/** The error of this library. Match `code`, never `message`. */
export class EvenkeelError extends Error {
  override readonly name: string = 'EvenkeelError';
  readonly code: ErrorCode;
  readonly side: ErrorSide;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.side = details.side ?? 'internal';
    this.retryable = details.retryable ?? false;
  }
}

/** One fault of a spec: where, what kind, and a sentence for a person. */
export interface SpecIssue {
  /** `frontends[0].routes[2].pool`; empty for the spec as a whole. */
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Codes that an error has where all its faults have them. */
const OF_THEIR_OWN: readonly ErrorCode[] = [
  'EK_NOT_SUPPORTED',
  'EK_CERTIFICATE',
  'EK_FILE',
  'EK_LIMIT',
];

/** Thrown when a spec has faults: all of them, not only the first. */
export class SpecError extends EvenkeelError {
  override readonly name: string = 'SpecError';
  readonly issues: readonly SpecIssue[];

  constructor(issues: readonly SpecIssue[]) {
    const first = issues[0];
    const isAll = (code: ErrorCode): boolean => issues.every((issue) => issue.code === code);
    const common = first === undefined ? undefined : OF_THEIR_OWN.find(isAll);
    const code = common ?? 'EK_SPEC_INVALID';
    super(code, issues.map(renderIssue).join('\n') || 'the spec is invalid', { side: 'client' });
    this.issues = first === undefined ? [] : issues;
  }
}

/**
 * Throws `error` in a turn of its own: a fault of the host's code surfaces as an uncaught exception,
 * as it would from a listener of Node's own, and what we were in the middle of is finished first.
 */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** `frontends[0].pool: no pool is named "webb"; did you mean "web"?` */
export function renderIssue(issue: SpecIssue): string {
  return issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`;
}
