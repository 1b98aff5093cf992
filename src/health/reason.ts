// Failures of a check in a few words that a person can act on.

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connect timed out',
  EHOSTUNREACH: 'host unreachable',
  EHOSTDOWN: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EADDRNOTAVAIL: 'address not available',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name lookup failed',
  ENOENT: 'program not found',
  EACCES: 'not permitted',
  EMFILE: 'too many open files here',
  ENFILE: 'too many open files here',
};

/** Node's own words for a connection that ended, where its code says "reset". */
const CLOSED: Readonly<Record<string, string>> = {
  'socket hang up': 'connection closed without an answer',
  'Client network socket disconnected before secure TLS connection was established':
    'connection closed during the TLS handshake',
};

/** OpenSSL's error line: `error:CODE:library:function:reason:file`. */
const OPENSSL_LINE = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/;

/** An error as a check's reason: `connect refused`, `tls: wrong version number`, or its message. */
export function renderFailure(error: unknown): string {
  // Node tries every address of a name and reports them together; the first is as good as any.
  if (error instanceof AggregateError && error.errors.length > 0)
    return renderFailure(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = CLOSED[error.message] ?? REASONS[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'malformed answer';
  if (code.startsWith('ERR_HTTP2_')) return `http/2: ${error.message.toLowerCase()}`;
  if ('library' in error && 'reason' in error) return `tls: ${String(error.reason)}`;
  const tlsReason = OPENSSL_LINE.exec(error.message)?.[1];
  if (tlsReason !== undefined) return `tls: ${tlsReason}`;
  return error.message === '' ? error.name : error.message;
}

/** Bytes of an answer as a short quote: control characters shown as `.`, at most 60 characters. */
export function quote(bytes: Uint8Array | string): string {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
  const plain = text.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '.');
  return `"${plain}${text.length > 60 ? '...' : ''}"`;
}
