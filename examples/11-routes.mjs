// Shows: routes. Requests are sent by host and path, redirected, answered, and shared between two pools.
// Run:   npm run build && node examples/11-routes.mjs
import { Balancer } from 'evenkeel';
import { startServer } from './servers.mjs';

const servers = await Promise.all(['web', 'api', 'canary'].map((name) => startServer(name)));
const [web, api, canary] = servers;

const balancer = new Balancer({
  name: 'routes',
  frontends: [
    {
      name: 'public',
      protocol: 'http',
      bind: ['127.0.0.1:0'],
      pool: 'web',
      routes: [
        { match: { path: '/api' }, pool: 'api', rewritePath: { prefix: '/api', to: '/' } },
        { match: { header: { 'x-canary': '1' } }, pool: 'canary' },
        { match: { path: '/old' }, redirect: { to: 'https://example.com/new{rest}', status: 301 } },
        { match: { path: { exact: '/robots.txt' } }, respond: { status: 200, body: 'no robots' } },
      ],
    },
  ],
  pools: [
    { name: 'web', members: [web.address] },
    { name: 'api', members: [api.address] },
    { name: 'canary', members: [canary.address] },
  ],
});
const addresses = await balancer.start();
const [{ port }] = addresses.public;
const show = async (path, init) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init });
  const where = answer.headers.get('location');
  console.log(`${path}: ${answer.status} ${where ?? (await answer.text()).trim()}`);
};

await show('/');
await show('/api/users');
await show('/', { headers: { 'x-canary': '1' } });
await show('/old/page');
await show('/robots.txt');

await balancer.close();
for (const server of servers) server.kill();
