// 64 UDP clients with one datagram in flight each: node udp-load.mjs PORT BYTES SECONDS -> JSON
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const [port, bytes, seconds] = process.argv.slice(2).map(Number);
const CLIENTS = 64;
/** A datagram that has not come back by then is lost, and the client sends the next. */
const LOST_AFTER_MS = 500;

let answers = 0;
let lost = 0;
const payload = Buffer.alloc(bytes, 'x');
const clients = await Promise.all(
  Array.from({ length: CLIENTS }, async () => {
    const socket = createSocket('udp4');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = { socket, sentAt: performance.now() };
    // A refused port (ICMP) is a lost datagram like any other.
    socket.on('error', () => undefined);
    socket.on('message', () => {
      answers++;
      client.sentAt = performance.now();
      socket.send(payload);
    });
    return client;
  }),
);
const start = performance.now();
for (const { socket } of clients) socket.send(payload);
const watch = setInterval(() => {
  const now = performance.now();
  for (const client of clients) {
    if (now - client.sentAt < LOST_AFTER_MS) continue;
    lost++;
    client.sentAt = now;
    client.socket.send(payload);
  }
}, 100);
setTimeout(() => {
  clearInterval(watch);
  for (const { socket } of clients) socket.close();
  const elapsed = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ answers, lost, seconds: elapsed }));
}, seconds * 1000);
