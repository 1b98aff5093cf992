// A process that takes from a shared limit, all at once: node take-from-redis.mjs PORT TAKES SPEC; prints how many were allowed.
import { RateLimiter } from 'evenkeel';
import { RedisRateLimitStore } from 'evenkeel/redis';

const [port, takes, spec] = process.argv.slice(2);
const store = new RedisRateLimitStore({ port: Number(port) });
const limiter = new RateLimiter(
  { ...JSON.parse(spec), store: 'shared', onStoreError: 'deny' },
  { name: 'processes', store },
);
// The connection comes first: a store that is slow at the start is taken for one that failed.
await store.take({
  scope: 'warm-up',
  key: `${process.pid}`,
  rule: {
    algorithm: 'gcra',
    requests: 1,
    windowMs: 1000,
    burst: 1,
    countDenied: false,
    maxDelayMs: 0,
  },
});
const verdicts = await Promise.all(
  Array.from({ length: Number(takes) }, async () => limiter.take('a')),
);
console.log(verdicts.filter(({ allowed }) => allowed).length);
await store.close();
