// Everything that is measured side by side: the one list.
import { startEvenkeel } from './evenkeel.mjs';
import { startHaproxy } from './haproxy.mjs';
import { startNginx } from './nginx.mjs';
import { startNodeServer } from './node-server.mjs';

/**
 * `start({ core, protocol, members })` resolves with `{ child, port }`; `members` are ports.
 * @typedef {{ name: string, protocols: string[], start: (job: object) => Promise<{ child: object, port: number }> }} Target
 */

/** @type {Target[]} */
export const targets = [
  {
    name: 'evenkeel',
    protocols: ['http', 'http-full', 'https', 'https-rsa', 'https-h2', 'h2c', 'tcp', 'udp'],
    start: startEvenkeel,
  },
  {
    name: 'haproxy',
    protocols: ['http', 'http-full', 'https', 'https-rsa', 'https-h2', 'h2c', 'tcp'],
    start: startHaproxy,
  },
  {
    name: 'haproxy-64k',
    protocols: ['http', 'tcp'],
    start: (job) => startHaproxy({ ...job, bufferBytes: 65_536 }),
  },
  {
    name: 'nginx',
    protocols: ['http', 'https', 'https-rsa', 'https-h2', 'h2c', 'tcp', 'udp'],
    start: startNginx,
  },
  {
    name: 'node-undici',
    protocols: ['http'],
    start: (job) => startNodeServer(job, 'node-undici'),
  },
  {
    name: 'node-tls',
    protocols: ['https', 'https-rsa'],
    start: (job) => startNodeServer(job, 'node-tls'),
  },
  { name: 'node-http2', protocols: ['h2c'], start: (job) => startNodeServer(job, 'node-http2') },
  { name: 'fast-proxy', protocols: ['http'], start: (job) => startNodeServer(job, 'fast-proxy') },
  { name: 'reply-from', protocols: ['http'], start: (job) => startNodeServer(job, 'reply-from') },
  { name: 'http-proxy', protocols: ['http'], start: (job) => startNodeServer(job, 'http-proxy') },
];
