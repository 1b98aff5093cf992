// Ports of 127.0.0.1 that nobody has, for UDP and TCP alike.
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { listenOn } from '../member/socket-set.js';

/** How often others are looked for, per port. */
const TRIES = 20;

/** Finds some, all different: each is held until the last one is found. Somebody else may take one before it is used. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  const servers: Server[] = [];
  for (let i = 0; i < count * TRIES && ports.length < count; i++) {
    const server = createServer();
    servers.push(server);
    const port = await listenOn(server, 0);
    if (await isFreeForUdp(port)) ports.push(port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  if (ports.length < count)
    throw new Error(`no ${count} ports were free for both UDP and TCP in ${count * TRIES} tries`);
  return ports;
}

function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}
