// Whether addresses are free before HAProxy is asked to take them.
import { createServer } from 'node:net';
import { parseHostPort } from '../../core/address.js';
import { EvenkeelError } from '../../core/errors.js';

/** An address to listen on, and the field of the spec that asks for it. */
export interface WantedAddress {
  readonly bind: string;
  readonly path: string;
}

/**
 * Throws for an address that somebody listens on. HAProxy itself would not notice another HAProxy there: both set
 * SO_REUSEPORT, and the kernel would deal clients to both.
 * @throws EK_BIND with the field's path
 */
export async function refuseTaken(wanted: readonly WantedAddress[]): Promise<void> {
  for (const { bind, path } of wanted) {
    const cause = await listenError(bind);
    if (cause === undefined) continue;
    throw new EvenkeelError('EK_BIND', `${path}: ${bind} can't be listened on: ${cause.message}`, {
      retryable: true,
      cause,
    });
  }
}

function listenError(bind: string): Promise<Error | undefined> {
  const { host, port } = parseHostPort(bind) ?? { host: '', port: 0 };
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, host: host === '' ? '0.0.0.0' : host, exclusive: true }, () => {
      server.close(() => resolve(undefined));
    });
  });
}
