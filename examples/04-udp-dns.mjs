// Shows: UDP in front of two DNS servers; when one goes silent its clients move to the other.
// Run:   npm run build && node examples/04-udp-dns.mjs                    with two tiny servers of its own
//        node examples/04-udp-dns.mjs example.com 10.0.0.53:53 10.0.1.53:53     with yours
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { Balancer } from 'evenkeel';

const [name = 'www.example.test', ...given] = process.argv.slice(2);
const own = given.length > 0 ? [] : [await startDns('192.0.2.1'), await startDns('192.0.2.2')];
const members = given.length > 0 ? given : own.map((server) => server.address);

const balancer = new Balancer({
  name: 'dns',
  frontends: [{ name: 'dns', protocol: 'udp', bind: ['127.0.0.1:0'], pool: 'resolvers' }],
  pools: [
    {
      name: 'resolvers',
      strategy: 'round-robin',
      // The check is a DNS question (the address of the root) that any answer is good for.
      health: {
        type: 'udp',
        send: { hex: '0001 0100 0001 0000 0000 0000 00 0001 0001'.replaceAll(' ', '') },
        interval: '100ms',
        timeout: '200ms',
        fall: 2,
      },
      members,
    },
  ],
});
balancer.on('member:down', ({ member, reason }) => console.log(`${member} is down: ${reason}`));

const { dns } = await balancer.start();

/** Each question comes from a port of its own, so each is a session of its own. */
async function resolve() {
  const resolver = new Resolver({ timeout: 1000, tries: 3 });
  resolver.setServers([`127.0.0.1:${dns[0].port}`]);
  const addresses = await resolver.resolve4(name);
  resolver.cancel();
  return addresses.join(', ');
}

for (let i = 0; i < 4; i++) console.log(`${name} is ${await resolve()}`);

const [first] = own;
if (first !== undefined) {
  const isDown = balancer.events.once('member:down');
  first.stop();
  await isDown;
  for (let i = 0; i < 4; i++) console.log(`${name} is ${await resolve()}`);
}

await balancer.close();
for (const server of own) server.stop();

/** A DNS server that knows one answer: every name has this address. */
async function startDns(address) {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address: from }) => {
    // The question sent back as an answer, with one A record: name = the question's, TTL 0.
    const answer = Buffer.from(question);
    answer.writeUInt16BE(0x8180, 2);
    answer.writeUInt16BE(1, 6);
    const record = Buffer.from('c00c00010001000000000004', 'hex');
    const bytes = Buffer.from(address.split('.').map(Number));
    socket.send(Buffer.concat([answer, record, bytes]), port, from);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let isOpen = true;
  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop() {
      if (isOpen) socket.close();
      isOpen = false;
    },
  };
}
