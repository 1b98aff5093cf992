// HAProxy's own Prometheus exporter: a frontend beside those of the spec that tells its counters.
import { parseHostPort } from '../core/address.js';
import { EvenkeelError } from '../core/errors.js';
import type { BalancerConfig } from '../spec/config.js';
import { overlaps, socketWords } from './bind.js';
import { Section } from './config-file.js';

/** Name of its frontend; the dot keeps it apart from names of a spec. */
const NAME = 'evenkeel.prometheus';

/** Where it answers. */
const PATH = '/metrics';

/**
 * The frontend that answers `GET /metrics` on an address of its own.
 * @param address - `127.0.0.1:8405`, `[::1]:8405`; `:8405` is every address of the machine
 * @throws EvenkeelError `EK_ADDRESS` if it is none, or one that a frontend of the spec has
 */
export function exporterSection(address: string, config: BalancerConfig): Section {
  const own = parseHostPort(address);
  const sockets = own === undefined || own.port === 0 ? undefined : socketWords(own);
  if (own === undefined || sockets === undefined) {
    throw new EvenkeelError(
      'EK_ADDRESS',
      `prometheus: "${address}" is no IP address and port, such as 127.0.0.1:8405`,
      { side: 'client' },
    );
  }
  const taken = config.frontends.find(
    ({ protocol, bind }) => protocol !== 'udp' && bind.some((text) => overlaps(text, own)),
  );
  if (taken !== undefined) {
    throw new EvenkeelError(
      'EK_ADDRESS',
      `prometheus: frontend "${taken.name}" is at ${address} already`,
      { side: 'client' },
    );
  }
  const section = new Section('frontend', NAME);
  for (const words of sockets) section.add('bind', ...words);
  section.add('mode', 'http');
  section.add('http-request', 'use-service', 'prometheus-exporter', 'if', '{', 'path', PATH, '}');
  section.add('http-request', 'deny', 'deny_status', 404);
  return section;
}
