// Shows: one spec, two members, requests spread by weight.
// Run:   npm run build && node examples/01-two-members.mjs
import { Balancer } from 'evenkeel';
import { ask, startServer } from './servers.mjs';

const big = await startServer('big');
const small = await startServer('small');

const balancer = new Balancer({
  name: 'two-members',
  frontends: [{ name: 'public', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' }],
  pools: [
    {
      name: 'web',
      members: [
        { name: 'big', address: big.address, weight: 3 },
        { name: 'small', address: small.address, weight: 1 },
      ],
    },
  ],
});

// Port 0 asks for any free port; `start` says which it is.
const { public: addresses } = await balancer.start();
const url = `http://127.0.0.1:${addresses[0].port}/`;

const answers = [];
for (let i = 0; i < 8; i++) answers.push(await ask(url));
console.log(answers.join(' '));

for (const member of balancer.status().pools[0].members)
  console.log(`${member.name}: ${member.totals.picked} requests`);

await balancer.close();
big.kill();
small.kill();
