// MySQL and MariaDB: a version 10 handshake, finished politely.
import type { MonitorConfig } from '../../spec/config.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { converse, failure, success } from './conversation.js';
import {
  type MysqlGreeting,
  type MysqlPacket,
  parseError,
  parseGreeting,
  readPackets,
  renderLogin,
  renderPacket,
} from './mysql-packets.js';

const AUTH_SWITCH = 0xfe;
const ERROR = 0xff;
const OK = 0x00;
/** COM_QUIT. */
const QUIT = renderPacket(0, Buffer.from([0x01]));

/**
 * Good is a version 10 greeting; with `user`, a login of that user without a password must succeed too, as for
 * HAProxy's mysql-check.
 *
 * It always sends a login: a server counts connections that leave after the greeting as errors of this host,
 * and blocks the host after `max_connect_errors` (100) of them, while a refused login does not count.
 */
export class MysqlProbe implements Probe {
  readonly #user: string | undefined;

  constructor(config: Pick<MonitorConfig, 'user'>) {
    this.#user = config.user;
  }

  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    let answered = 0;
    const hear = (received: Buffer): ProbeResult | Uint8Array | undefined => {
      const packets = readPackets(received);
      if (packets === undefined) return failure('not a MySQL answer');
      const packet = packets[answered];
      if (packet === undefined) return undefined;
      answered++;
      return answered === 1 ? this.#greet(packet) : this.#judge(packet, packets[0]);
    };
    return converse(target, { farewell: QUIT, hear }, signal);
  }

  #greet(packet: MysqlPacket): ProbeResult | Uint8Array {
    if (packet.body[0] === ERROR) return failure(parseError(packet.body));
    const greeting = parseGreeting(packet.body);
    if (greeting === undefined) return failure('not a version 10 greeting');
    return renderLogin(packet.sequence + 1, this.#user ?? 'evenkeel', greeting);
  }

  #judge(packet: MysqlPacket, first: MysqlPacket | undefined): ProbeResult | Uint8Array {
    const greeting: MysqlGreeting | undefined =
      first === undefined ? undefined : parseGreeting(first.body);
    const version = greeting?.version ?? '';
    const kind = packet.body[0];
    if (kind === OK) return success(`logged in to ${version}`);
    // No password, whatever the method: the answer is empty.
    if (kind === AUTH_SWITCH) return renderPacket(packet.sequence + 1, Buffer.alloc(0));
    if (this.#user === undefined) return success(`greeting of ${version}`);
    return failure(kind === ERROR ? parseError(packet.body) : 'the login needs a password');
  }
}
