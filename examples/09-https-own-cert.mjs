// Shows: https with certificates of our own, which are replaced while a client keeps its connection.
// Run:   npm run build && node examples/09-https-own-cert.mjs
import { once } from 'node:events';
import { Agent, get } from 'node:https';
import { Balancer, createSelfSigned } from 'evenkeel';
import { startServer } from './servers.mjs';

const web = await startServer('web');
const make = (name) => createSelfSigned({ domains: [name, 'localhost'], now: Date.now() });
const [old, fresh] = [make('old.test'), make('fresh.test')];

const balancer = new Balancer({
  frontends: [
    {
      name: 'public',
      protocol: 'https',
      bind: '127.0.0.1:0',
      pool: 'web',
      tls: { certificates: [old] },
    },
  ],
  pools: [{ name: 'web', members: [web.address] }],
});
balancer.on('certificate:replaced', ({ names }) => console.log('now for', names.join(' and ')));
const {
  public: [address],
} = await balancer.start();

/** Asks over a connection of the agent's, and says who answered and which certificate was shown. */
async function ask(agent) {
  const request = get({ host: '127.0.0.1', port: address.port, servername: 'localhost', agent });
  const [response] = await once(request, 'response');
  const shown = response.socket.getPeerCertificate().subject.CN;
  let body = '';
  for await (const chunk of response) body += chunk;
  return `${body}, as ${shown}`;
}

const ca = [old.cert, fresh.cert];
const kept = new Agent({ keepAlive: true, maxSockets: 1, ca });
console.log('first: ', await ask(kept));
balancer.certificates.replace('public', [fresh]);
console.log('kept:  ', await ask(kept));
console.log('new:   ', await ask(new Agent({ ca })));

kept.destroy();
await balancer.close();
web.kill();
