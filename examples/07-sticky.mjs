// Shows: a cookie that keeps a client with its member: while it drains, when it dies, and after a restart of the balancer.
// Run:   npm run build && node examples/07-sticky.mjs
import { Balancer } from 'evenkeel';
import { startServer } from './servers.mjs';

const one = await startServer('one');
const two = await startServer('two');

const spec = {
  name: 'sticky',
  frontends: [{ name: 'public', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' }],
  pools: [
    {
      name: 'web',
      members: [
        { name: 'one', address: one.address },
        { name: 'two', address: two.address },
      ],
      sticky: { mode: 'cookie', cookie: 'SERVERID', httpOnly: true, sameSite: 'Lax' },
    },
  ],
};

/** A browser's memory: sends the cookie it was given last. */
class Client {
  cookie = '';

  async visit(port) {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie: this.cookie } });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) {
      console.log(`  Set-Cookie: ${set}`);
      this.cookie = set.split(';')[0];
    }
    return response.text();
  }
}

const kim = new Client();
const lee = new Client();

let balancer = new Balancer(spec);
let { public: addresses } = await balancer.start();
let { port } = addresses[0];
console.log('kim:', await kim.visit(port), await kim.visit(port), await kim.visit(port));
console.log('lee:', await lee.visit(port), await lee.visit(port), await lee.visit(port));

console.log('one drains: kim stays with it, who is new does not come to it');
balancer.pool('web').setState('one', 'drain');
console.log('kim:', await kim.visit(port));
console.log('new:', await new Client().visit(port));

console.log('the balancer restarts: the cookies still hold');
await balancer.close();
balancer = new Balancer(spec);
({ public: addresses } = await balancer.start());
({ port } = addresses[0]);
console.log('kim:', await kim.visit(port), ' lee:', await lee.visit(port));

console.log('one dies: kim goes on with two, and stays there');
one.kill();
console.log('kim:', await kim.visit(port), await kim.visit(port));

await balancer.close();
two.kill();
