// One datagram out, one back.
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { MonitorConfig, PayloadConfig } from '../../spec/config.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { quote } from '../reason.js';
import { failure, success } from './conversation.js';

/**
 * Sends the payload and waits for any answer from that address, or for one that begins with the expected bytes.
 * The socket is connected, so that an ICMP "port unreachable" is a failure at once.
 */
export class UdpProbe implements Probe {
  readonly #payload: Buffer;
  readonly #expected: Buffer | undefined;

  constructor(config: Pick<MonitorConfig, 'send' | 'expect'>) {
    this.#payload = config.send === undefined ? Buffer.alloc(0) : toBytes(config.send);
    const { payload } = config.expect;
    this.#expected = payload === undefined ? undefined : toBytes(payload);
  }

  async check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    const { address, family } = await lookup(target.host);
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
      let isOpen = true;
      const letGo = (): void => {
        // An error may still come from a datagram on its way out, and closing twice throws.
        if (!isOpen) return;
        isOpen = false;
        signal.removeEventListener('abort', onAbort);
        socket.close();
      };
      const onAbort = (): void => {
        letGo();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      socket.on('connect', () => {
        if (isOpen) socket.send(this.#payload);
      });
      socket.on('message', (answer) => {
        letGo();
        resolve(this.#judge(answer));
      });
      socket.on('error', (error) => {
        letGo();
        reject(error);
      });
      socket.connect(target.port, address);
    });
  }

  #judge(answer: Buffer): ProbeResult {
    if (
      this.#expected === undefined ||
      answer.subarray(0, this.#expected.length).equals(this.#expected)
    )
      return success(`answer of ${answer.length} bytes`);
    return failure(`unexpected answer ${quote(answer)}`);
  }
}

function toBytes(payload: PayloadConfig): Buffer {
  return 'hex' in payload ? Buffer.from(payload.hex, 'hex') : Buffer.from(payload.text, 'utf8');
}
