// Ports for frontends: HAProxy takes no port 0, and ports of the kernel's own range may be somebody's outgoing connection.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range of outgoing connections (32768 on Linux); runs side by side begin at different places. */
const LOWEST = 20_000;
const COUNT = 12_000;

let next = (process.pid * 131) % COUNT;

/** A port of 127.0.0.1 that nobody listens on now, and that is not given again in this run. */
export async function takePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    next = (next + 1) % COUNT;
    const port = LOWEST + next;
    const server = createServer();
    server.listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error('no port is free');
}
