// Shows: an active-passive pair of two processes; the active one is killed, comes back, and is stopped in order.
// Run:   npm run build && node examples/12-ha-pair.mjs
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Balancer } from 'evenkeel';

// On two hosts each would have `address: { ip: '192.0.2.10/24', interface: 'eth0' }`; on one host the active one listens.
const [name, ...ports] = process.argv.slice(2);
if (name === undefined) await rehearse();
else await runNode(name, ports);

/** One node of the pair: a process of its own. */
async function runNode(name, [web, own, peer]) {
  const node = new Balancer({
    name,
    frontends: [
      {
        name: 'public',
        protocol: 'http',
        bind: [`127.0.0.1:${web}`],
        routes: [{ match: {}, respond: { status: 200, body: name } }],
      },
    ],
    ha: {
      id: 51,
      priority: name === 'first' ? 200 : 100,
      advertInterval: '100ms',
      bind: `127.0.0.1:${own}`,
      peers: [`127.0.0.1:${peer}`],
      address: { listen: 'local' },
    },
  });
  for (const event of ['ha:active', 'ha:acquired', 'ha:peer-found', 'ha:peer-lost'])
    node.on(event, ({ reason }) => process.send?.({ event, reason }));
  // The parent has let go of it, or is gone.
  process.once('disconnect', () => void node.close());
  await node.start();
}

/** Starts both, and lets things go wrong. */
async function rehearse() {
  const [web, one, two] = await freePorts(3);
  const url = `http://127.0.0.1:${web}/`;
  let first = start('first', [web, one, two]);
  await told(first, 'ha:acquired');
  const second = start('second', [web, two, one]);
  await told(second, 'ha:peer-found');
  console.log('served by', await ask(url));

  console.log('kill -9 of the active one:');
  const moved = told(second, 'ha:acquired');
  first.kill('SIGKILL');
  await moved;
  console.log('served by', await ask(url));

  console.log('it comes back, and is the better one:');
  first = start('first', [web, one, two]);
  await told(first, 'ha:acquired');
  console.log('served by', await ask(url));

  console.log('it is stopped in order, and hands over:');
  const handed = told(second, 'ha:acquired');
  first.disconnect();
  await handed;
  console.log('served by', await ask(url));
  second.disconnect();
  await once(second, 'exit');
}

/** A connection of its own each time: a kept one would stay with the node it was made to. */
async function ask(url) {
  const [answer] = await once(get(url, { agent: false }), 'response');
  return text(answer);
}

function start(name, ports) {
  const env = { ...process.env, EVENKEEL_HA_SECRET: 'a secret of the example' };
  const child = fork(fileURLToPath(import.meta.url), [name, ...ports.map(String)], { env });
  child.on('message', ({ event, reason }) => {
    if (event === 'ha:active') console.log(`  ${name} takes over: ${reason}`);
  });
  return child;
}

/** Resolves when that node tells it. */
function told(child, event) {
  return new Promise((resolve) => {
    child.on('message', (message) => message.event === event && resolve());
  });
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) server.close();
  return ports;
}
