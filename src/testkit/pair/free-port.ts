// A port of 127.0.0.1 that nobody has, for UDP and TCP alike.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { listenOn } from '../member/socket-set.js';

/** How often another one is looked for. */
const TRIES = 20;

/** Finds one; somebody else may take it before it is used. */
export async function findFreePort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const server = createServer();
    const port = await listenOn(server, 0);
    const isFree = await isFreeForUdp(port);
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
  throw new Error(`no port was free for both UDP and TCP in ${TRIES} tries`);
}

function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}
