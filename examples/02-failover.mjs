// Shows: health checks, a member that dies, its requests served by the other, a live edit.
// Run:   npm run build && node examples/02-failover.mjs
import { Balancer } from 'evenkeel';
import { ask, startServer } from './servers.mjs';

const one = await startServer('one');
const two = await startServer('two');
const spare = await startServer('spare');

const balancer = new Balancer({
  name: 'failover',
  frontends: [{ name: 'public', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' }],
  pools: [
    {
      name: 'web',
      health: { type: 'http', path: '/health', interval: '100ms', fall: 2, rise: 1 },
      members: [
        { name: 'one', address: one.address },
        { name: 'two', address: two.address },
      ],
    },
  ],
});
balancer.on('member:up', ({ member }) => console.log(`  ${member} is up`));
balancer.on('member:down', ({ member, reason }) => console.log(`  ${member} is down: ${reason}`));
balancer.on('request:retried', ({ from }) => console.log(`  a request moved away from ${from}`));

const { public: addresses } = await balancer.start();
const url = `http://127.0.0.1:${addresses[0].port}/`;
console.log('answers:', await ask(url), await ask(url));

console.log('two dies; nobody has noticed yet, but no request is lost:');
const isDown = balancer.events.once('member:down');
two.kill();
console.log('answers:', await ask(url), await ask(url), await ask(url));
await isDown;

console.log('a spare joins while the balancer runs:');
const isUp = balancer.events.once('member:up');
balancer.pool('web').add({ name: 'spare', address: spare.address });
await isUp;
console.log('answers:', await ask(url), await ask(url));

await balancer.close();
one.kill();
spare.kill();
