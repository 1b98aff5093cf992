// Public names of evenkeel/redis: stores that several balancers share. Needs ioredis, which the host installs.
export type { RedisClient, RedisConnectionOptions, RedisSource } from './connection.js';
export { RedisRateLimitStore, type RedisRateLimitStoreOptions } from './rate-limit-store.js';
export { RedisStickyStore, type RedisStickyStoreOptions } from './sticky-store.js';
