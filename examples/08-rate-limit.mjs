// Shows: three requests per client and minute, evenly spaced ones for those with a key, and the same limiter without any proxy.
// Run:   npm run build && node examples/08-rate-limit.mjs
import { Balancer, RateLimiter } from 'evenkeel';
import { startServer } from './servers.mjs';

const one = await startServer('one');
const balancer = new Balancer({
  name: 'limited',
  frontends: [
    {
      name: 'public',
      protocol: 'http',
      bind: '127.0.0.1:0',
      pool: 'web',
      rateLimit: { requests: 3, window: '1m' },
    },
    {
      name: 'api',
      protocol: 'http',
      bind: '127.0.0.1:0',
      pool: 'web',
      rateLimit: {
        requests: 20,
        window: '1s',
        key: { header: 'x-api-key' },
        algorithm: 'gcra',
        burst: 2,
        action: 'delay',
      },
    },
  ],
  pools: [{ name: 'web', members: [{ name: 'one', address: one.address }] }],
});
balancer.on('limit:denied', ({ limit, key, reason }) =>
  console.log(`${limit}: ${key} is denied: ${reason}`),
);
const bound = await balancer.start();
const urlOf = (name) => `http://127.0.0.1:${bound[name][0].port}/`;

const statuses = [];
for (let i = 0; i < 5; i++) {
  const response = await fetch(urlOf('public'));
  statuses.push(response.status);
  if (i === 4) {
    for (const header of ['retry-after', 'ratelimit', 'ratelimit-policy'])
      console.log(`${header}: ${response.headers.get(header)}`);
  }
}
console.log('public:', ...statuses);

const began = performance.now();
const headers = { 'x-api-key': 'secret' };
const answers = await Promise.all([1, 2, 3, 4].map(() => fetch(urlOf('api'), { headers })));
const tookMs = performance.now() - began;
console.log('api:   ', ...answers.map(({ status }) => status), tookMs > 90 ? 'two waited' : '');

const limiter = new RateLimiter({ requests: 1, window: '1m' });
console.log('alone: ', limiter.take('ann').allowed, limiter.take('ann').allowed);

await balancer.close();
one.kill();
