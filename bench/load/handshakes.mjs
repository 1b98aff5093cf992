// Shakes hands with a TLS server for some seconds, `clients` at a time, each handshake a full one, and writes how many it made.
// Each waits for the first session ticket, so that the server has done the whole of its part, and ends as clients do.
import { connect, createSecureContext } from 'node:tls';

const [port, seconds, clients] = process.argv.slice(2).map(Number);
const options = {
  host: '127.0.0.1',
  port,
  // Trust is not what is measured.
  rejectUnauthorized: false,
  secureContext: createSecureContext({ minVersion: 'TLSv1.3', ca: [] }),
};
let handshakes = 0;
let isOver = false;
let open = 0;

function shake() {
  if (isOver) {
    if (open === 0) process.stdout.write(`${JSON.stringify({ handshakes })}\n`);
    return;
  }
  open++;
  const socket = connect(options);
  socket.once('session', () => {
    handshakes++;
    socket.end();
  });
  socket.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  socket.on('close', () => {
    open--;
    shake();
  });
  socket.resume();
}

setTimeout(() => {
  isOver = true;
}, seconds * 1000);
for (let i = 0; i < clients; i++) shake();
