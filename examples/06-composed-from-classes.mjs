// Shows: no spec, only classes. One health checker watches for two pools, one of which also lends members without any proxy.
// Run:   npm run build && node examples/06-composed-from-classes.mjs
import {
  Balancer,
  createPickContext,
  Frontend,
  HealthChecker,
  LeastConnections,
  Pool,
} from 'evenkeel';
import { ask, startServer } from './servers.mjs';

const one = await startServer('one');
const two = await startServer('two');

const health = new HealthChecker('http:/health:1s');
const web = new Pool({
  name: 'web',
  strategy: new LeastConnections(),
  health,
  members: [
    { name: 'one', address: one.address },
    { name: 'two', address: two.address },
  ],
});
const onlyTwo = new Pool({
  name: 'only-two',
  health,
  members: [{ name: 'two', address: two.address }],
});

const balancer = new Balancer({
  name: 'composed',
  frontends: [
    new Frontend({ name: 'public', protocol: 'http', bind: '127.0.0.1:0', pool: web }),
    new Frontend({ name: 'second', protocol: 'tcp', bind: '127.0.0.1:0', pool: onlyTwo }),
  ],
});
const bound = await balancer.start();

const urlOf = (name) => `http://127.0.0.1:${bound[name][0].port}/`;
console.log('public:', await ask(urlOf('public')), await ask(urlOf('public')));
console.log('second:', await ask(urlOf('second')));

// The same pool without a proxy: borrow a member, use it, give it back with how it went.
const lease = await web.acquire(createPickContext({ source: '127.0.0.1' }));
if (lease.kind === 'lease') {
  const { name, host, port } = lease.member;
  console.log('lease: ', name, 'says', await ask(`http://${host}:${port}/`));
  lease.release('ok', 200);
}

await balancer.close();
await health.close();
one.kill();
two.kill();
