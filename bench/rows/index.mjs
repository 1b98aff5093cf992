// What is measured: one row of the result each.

import { fullRow, httpRow } from './http.mjs';
import { http2Row } from './http2.mjs';
import { handshakeRow, httpsRow } from './https.mjs';
import { idleMemory, slowReader } from './memory.mjs';
import { bulkRow, newConnectionsRow } from './tcp.mjs';
import { udpRow } from './udp.mjs';

const MIB = 1024 * 1024;

/**
 * `targets`: names that take part; `prepare(cores)` starts the members behind; `measure(job)` gives the figures of one round;
 * `steer` is the figure compared with `baseline`, smaller is better.
 */
export const rows = [
  httpRow('http-1k', 'HTTP/1.1 keep-alive, 1 KiB', 1024),
  httpRow('http-64k', 'HTTP/1.1 keep-alive, 64 KiB', 64 * 1024),
  httpRow('http-1m', 'HTTP/1.1 keep-alive, 1 MiB', MIB),
  httpRow('http-new', 'a new connection per HTTP request, 1 KiB', 1024, { close: true }),
  fullRow('http-full', 'the same with routes, sticky cookie, rate limit and forwarded headers'),
  http2Row('http2-1k', 'HTTP/2 in the clear to HTTP/1.1, 1 KiB', 'h2c'),
  http2Row('http2-1m', 'HTTP/2 in the clear to HTTP/1.1, 1 MiB', 'h2c', MIB),
  http2Row('http2-tls-1k', 'HTTP/2 over TLS to HTTP/1.1, 1 KiB', 'https-h2'),
  httpsRow('https-1k', 'HTTPS keep-alive, 1 KiB'),
  handshakeRow('tls-handshake', 'full TLS 1.3 handshakes, ECDSA P-256', 'ec'),
  handshakeRow('tls-handshake-rsa', 'full TLS 1.3 handshakes, RSA 2048', 'rsa'),
  bulkRow('tcp-bulk', 'TCP bulk, 8 connections'),
  newConnectionsRow('tcp-new', 'new TCP connections'),
  udpRow('udp-64', 'UDP, 64 bytes there and back', 64),
  udpRow('udp-1200', 'UDP, 1,200 bytes there and back', 1200),
  idleMemory('idle', 'memory of idle keep-alive connections'),
  slowReader('slow-reader', 'growth while a client reads 1 GiB slowly'),
];
