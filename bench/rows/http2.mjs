// Requests over HTTP/2 to members of HTTP/1.1.
import { withCpu } from '../lib/cpu-time.mjs';
import { runH2load } from '../lib/h2load.mjs';
import { startFileResponder, startSmallResponder } from '../lib/responders.mjs';

/**
 * @param {'h2c' | 'https-h2'} protocol
 * @param bytes - of each answer
 */
export function http2Row(name, title, protocol, bytes = 1024) {
  const isSmall = bytes === 1024;
  const isSecure = protocol === 'https-h2';
  return {
    name,
    title,
    protocol,
    // node-http2 answers by itself: what is below every proxy on that module.
    targets: ['evenkeel', 'haproxy', 'nginx', ...(isSecure || !isSmall ? [] : ['node-http2'])],
    baseline: 'haproxy',
    steer: 'cpuUs',
    columns: {
      cpuUs: 'CPU us/request',
      perSecond: 'requests/s',
      residentMiB: 'RSS MiB',
      errors: 'errors',
    },
    prepare: ({ load }) =>
      isSmall ? startSmallResponder(load) : startFileResponder(load, `http2-${bytes}`, bytes),
    async measure({ child, port, responder, cores, seconds }) {
      const url = `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}${responder.path}`;
      const result = await withCpu(child, () =>
        runH2load(cores.load, { url, seconds, connections: 16, streams: 4 }),
      );
      return {
        cpuUs: result.cpuNs / 1000 / result.requests,
        perSecond: result.requests / result.seconds,
        residentMiB: result.residentMiB,
        errors: result.errors,
      };
    },
  };
}
