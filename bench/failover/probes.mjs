// The client, a process in its own namespace: asks the address every few ms, each time on a new connection, and says who answered when.
import { connect } from 'node:net';
import { nowMs } from './time.mjs';

const [host, port] = process.argv.slice(2);
const EVERY_MS = 4;
const PATIENCE_MS = 500;
const REQUEST = `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;

function ask() {
  const sentMs = nowMs();
  const socket = connect({ host, port: Number(port), noDelay: true });
  let text = '';
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.on('error', () => {});
  socket.on('connect', () => socket.write(REQUEST));
  socket.on('data', (bytes) => {
    text += bytes;
    const name = /\r\n\r\n(n\d)/.exec(text)?.[1];
    if (name === undefined) return;
    process.stdout.write(`${JSON.stringify([sentMs, nowMs(), name])}\n`);
    socket.destroy();
  });
}

setInterval(ask, EVERY_MS);
