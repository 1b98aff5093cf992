// Opens keep-alive connections, makes one request on each, and holds them until stdin closes: node idle-clients.mjs PORT COUNT
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
const AT_ONCE = 100;
const sockets = [];

for (let opened = 0; opened < count; opened += AT_ONCE) {
  const batch = Math.min(AT_ONCE, count - opened);
  sockets.push(...(await Promise.all(Array.from({ length: batch }, openOne))));
}
console.log(`open ${sockets.filter((socket) => !socket.destroyed).length}`);
process.stdin.resume().once('end', () => process.exit());

/** One connection whose first answer has come whole. */
function openOne() {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const head = answer.indexOf('\r\n\r\n');
      const length = Number(/content-length: *(\d+)/i.exec(answer)?.[1] ?? Number.NaN);
      if (head >= 0 && answer.length >= head + 4 + length) resolve(socket);
    });
    socket.write('GET / HTTP/1.1\r\nHost: bench.example\r\nAccept: */*\r\n\r\n');
  });
}
