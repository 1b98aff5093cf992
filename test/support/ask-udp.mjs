// Asks addresses by UDP from one socket a family, and prints which address each answer came from: ask-udp.mjs PORT ADDRESS...
// It is also the member: it answers on the port after PORT, on IPv4 and IPv6.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const [port, ...addresses] = process.argv.slice(2);
const member = dgram.createSocket('udp4').bind(Number(port) + 1, '127.0.0.1');
member.on('message', (_, from) => member.send('answer', from.port, from.address));
await once(member, 'listening');

const clients = new Map();
for (const type of ['udp4', 'udp6']) {
  const socket = dgram.createSocket(type);
  socket.on('error', () => {});
  clients.set(type, socket.bind(0));
}

async function ask(address) {
  const client = clients.get(address.includes(':') ? 'udp6' : 'udp4');
  for (let round = 0; round < 100; round++) {
    const heard = once(client, 'message', { signal: AbortSignal.timeout(2000) });
    client.send('x', Number(port), address);
    const [, from] = await heard.catch(() => []);
    if (from !== undefined) return from.address;
    // The server is not there yet.
    await sleep(50);
  }
  return 'nobody';
}

const answers = [];
for (const address of addresses) answers.push(await ask(address));
console.log(JSON.stringify(answers));
process.exit();
