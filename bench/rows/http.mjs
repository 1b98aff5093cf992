// Requests over HTTP/1.1.
import { withCpu } from '../lib/cpu-time.mjs';
import { startFileResponder, startSmallResponder } from '../lib/responders.mjs';
import { runWrk } from '../lib/wrk.mjs';
import { FULL_REQUEST } from '../targets/features.mjs';

/** Above 1 KiB only those that are there for bulk take part with larger buffers. */
const PACKAGES = ['node-undici', 'fast-proxy', 'reply-from', 'http-proxy'];

/** Keep-alive requests with the features of a site on: see targets/features.mjs. */
export function fullRow(name, title) {
  return {
    ...httpRow(name, title, 1024, FULL_REQUEST),
    protocol: 'http-full',
    targets: ['evenkeel', 'haproxy'],
  };
}

export function httpRow(name, title, bytes, { close = false, cookie, path: asked, scheme } = {}) {
  const isBulk = bytes > 1024;
  return {
    name,
    title,
    protocol: 'http',
    targets: ['evenkeel', 'haproxy', ...(isBulk ? ['haproxy-64k'] : []), 'nginx', ...PACKAGES],
    baseline: 'haproxy',
    steer: 'cpuUs',
    columns: {
      cpuUs: 'CPU us/request',
      perSecond: 'requests/s',
      p99Ms: 'p99 ms',
      residentMiB: 'RSS MiB',
      errors: 'errors',
    },
    prepare: ({ load }) =>
      isBulk ? startFileResponder(load, `body-${bytes}`, bytes) : startSmallResponder(load),
    async measure({ child, port, responder, cores, seconds }) {
      const connections = bytes >= 1024 * 1024 ? 16 : 64;
      const path = asked ?? responder.path;
      const result = await withCpu(child, () =>
        runWrk(cores.load, { scheme, port, path, seconds, connections, close, cookie }),
      );
      return {
        cpuUs: result.cpuNs / 1000 / result.requests,
        perSecond: result.requests / result.seconds,
        p99Ms: result.p99Ms,
        residentMiB: result.residentMiB,
        errors: result.errors,
      };
    },
  };
}
