// Requests over TLS 1.3, and handshakes alone.
import { withCpu } from '../lib/cpu-time.mjs';
import { runHandshakes } from '../lib/handshakes.mjs';
import { startSmallResponder } from '../lib/responders.mjs';
import { httpRow } from './http.mjs';

const targets = ['evenkeel', 'haproxy', 'nginx'];

export function httpsRow(name, title) {
  return { ...httpRow(name, title, 1024, { scheme: 'https' }), protocol: 'https', targets };
}

/** CPU per full handshake, the connection around it included. @param {'ec' | 'rsa'} keyType */
export function handshakeRow(name, title, keyType) {
  return {
    name,
    title,
    protocol: keyType === 'rsa' ? 'https-rsa' : 'https',
    // node-tls does nothing else: what is below every server on that module.
    targets: [...targets, 'node-tls'],
    baseline: 'haproxy',
    // At some 1,000 handshakes/s the runtime takes seconds to compile what it runs.
    warmUpSeconds: 5,
    steer: 'cpuUs',
    columns: {
      cpuUs: 'CPU us/handshake',
      perSecond: 'handshakes/s',
      residentMiB: 'RSS MiB',
    },
    prepare: ({ load }) => startSmallResponder(load),
    async measure({ child, port, cores, seconds }) {
      const result = await withCpu(child, () =>
        runHandshakes(cores.load, { port, seconds, clients: 8 }),
      );
      return {
        cpuUs: result.cpuNs / 1000 / result.handshakes,
        perSecond: result.handshakes / seconds,
        residentMiB: result.residentMiB,
      };
    },
  };
}
