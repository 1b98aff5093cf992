// Requests over TLS, and handshakes. TLS 1.3, no session is resumed: wrk begins a new one with each connection.
import { httpRow } from './http.mjs';

const TARGETS = ['evenkeel', 'haproxy', 'nginx'];

export function httpsRow(name, title) {
  return {
    ...httpRow(name, title, 1024, { scheme: 'https' }),
    protocol: 'https',
    targets: TARGETS,
  };
}

/** One handshake for each request. @param {'ec' | 'rsa'} keyType */
export function handshakeRow(name, title, keyType) {
  const row = httpRow(name, title, 1024, { scheme: 'https', close: true });
  return {
    ...row,
    protocol: keyType === 'rsa' ? 'https-rsa' : 'https',
    targets: TARGETS,
    columns: { ...row.columns, cpuUs: 'CPU us/handshake', perSecond: 'handshakes/s' },
  };
}
