// Lets OpenSSL seal and open session tickets with keys of ours, the previous one included.
import { randomFillSync } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import type { TicketKey, TicketKeys } from './ticket-keys.js';

/** The undocumented parts of a secure context that are used here; where they are missing there is one key for good. */
interface ContextInternals {
  setTicketKeys(keys: Buffer): void;
  enableTicketKeyCallback?(): void;
  onticketkeycallback?: (name: Buffer, iv: Buffer, isSealing: boolean) => TicketAnswer;
}

/** What OpenSSL is told: 0 = unknown key, 1 = use it, 2 = use it and give the client a new ticket. */
type TicketAnswer = readonly [
  result: 0 | 1 | 2,
  hmac: Buffer,
  aes: Buffer,
  name: Buffer,
  iv: Buffer,
];

const IV_BYTES = 16;

/** Random bytes for IVs, drawn many at a time: one draw costs more than the rest of the callback. */
const drawn: Buffer = Buffer.allocUnsafeSlow(256 * IV_BYTES);
let used: number = drawn.length;

/** Makes a context seal its tickets with `keys`. */
export function sealTickets(context: SecureContext, keys: TicketKeys): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- typed as any by Node
  const internals = context.context as ContextInternals;
  const { current } = keys;
  internals.setTicketKeys(Buffer.concat([current.name, current.hmac, current.aes]));
  if (internals.enableTicketKeyCallback === undefined) return;
  internals.onticketkeycallback = (name, iv, isSealing) => {
    if (isSealing) return answer(1, keys.current, nextIv());
    const key = keys.find(name);
    if (key === undefined) return answer(0, keys.current, iv);
    return answer(key === keys.current ? 1 : 2, key, iv);
  };
  internals.enableTicketKeyCallback();
}

function answer(result: 0 | 1 | 2, key: TicketKey, iv: Buffer): TicketAnswer {
  return [result, key.hmac, key.aes, key.name, iv];
}

/** Never the same one twice. Good until the next call: OpenSSL has a copy then. */
function nextIv(): Buffer {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += IV_BYTES;
  return drawn.subarray(used - IV_BYTES, used);
}
