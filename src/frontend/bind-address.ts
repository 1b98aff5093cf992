// What a bind text asks for: `"10.0.0.1:443"`, `":443"`, `"[::]:443"`, `"localhost:0"`.
import { parseHostPort } from '../core/address.js';
import { EvenkeelError } from '../core/errors.js';

/** A parsed bind text. */
export interface BindAddress {
  readonly text: string;
  /** IP address or name; '' = all addresses, IPv4 and IPv6. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

/** @throws EvenkeelError EK_BIND when the text is no address and port */
export function parseBindAddress(frontend: string, text: string): BindAddress {
  const parsed = parseHostPort(text);
  if (parsed === undefined) {
    throw new EvenkeelError(
      'EK_BIND',
      `frontend "${frontend}": bind must be "address:port" or ":port", got "${text}"`,
      { side: 'client' },
    );
  }
  return { text, ...parsed };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'not permitted (ports below 1024 need a privilege)',
  ENOTFOUND: 'no such host',
  EMFILE: 'too many open files',
};

/** The error of a failed bind: which address, and why. */
export function bindError(frontend: string, text: string, cause: unknown): EvenkeelError {
  const code = errorCode(cause);
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new EvenkeelError(
    'EK_BIND',
    `frontend "${frontend}": cannot listen on ${text}: ${reason}${code === '' ? '' : ` (${code})`}`,
    { cause, retryable: code === 'EADDRINUSE' },
  );
}

/** The system's name of an error, `ECONNREFUSED`; '' if it has none. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
