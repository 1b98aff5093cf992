// Bytes and connections over TCP; what runs inside is HTTP, which a TCP relay does not know.
import { withCpu } from '../lib/cpu-time.mjs';
import { startFileResponder, startSmallResponder } from '../lib/responders.mjs';
import { runWrk } from '../lib/wrk.mjs';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** CPU per GiB that flows to the clients. The baseline has buffers of the same size as evenkeel's. */
export function bulkRow(name, title) {
  return {
    name,
    title,
    protocol: 'tcp',
    targets: ['evenkeel', 'haproxy', 'haproxy-64k', 'nginx'],
    baseline: 'haproxy-64k',
    steer: 'cpuMsPerGib',
    columns: {
      cpuMsPerGib: 'CPU ms/GiB',
      gibPerSecond: 'GiB/s',
      residentMiB: 'RSS MiB',
      errors: 'errors',
    },
    prepare: ({ load }) => startFileResponder(load, 'bulk', MIB),
    async measure({ child, port, responder, cores, seconds }) {
      const { path } = responder;
      const result = await withCpu(child, () =>
        runWrk(cores.load, { port, path, seconds, connections: 8 }),
      );
      return {
        cpuMsPerGib: result.cpuNs / 1e6 / (result.bytes / GIB),
        gibPerSecond: result.bytes / GIB / result.seconds,
        residentMiB: result.residentMiB,
        errors: result.errors,
      };
    },
  };
}

/** CPU per connection that carries one small exchange. */
export function newConnectionsRow(name, title) {
  return {
    name,
    title,
    protocol: 'tcp',
    targets: ['evenkeel', 'haproxy', 'nginx'],
    baseline: 'haproxy',
    steer: 'cpuUs',
    columns: {
      cpuUs: 'CPU us/connection',
      perSecond: 'connections/s',
      p99Ms: 'p99 ms',
      residentMiB: 'RSS MiB',
      errors: 'errors',
    },
    prepare: ({ load }) => startSmallResponder(load),
    async measure({ child, port, responder, cores, seconds }) {
      const { path } = responder;
      const result = await withCpu(child, () =>
        runWrk(cores.load, { port, path, seconds, connections: 64, close: true }),
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
