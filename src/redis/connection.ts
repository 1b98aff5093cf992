// The connection to Redis that a store uses: a client of the host's, or one of its own.
import { Redis, type RedisOptions } from 'ioredis';

/**
 * What stores ask of a client: `Redis` and `Cluster` of ioredis 5 and 6 are some.
 * One that is handed in stays the host's: the store neither closes it nor listens to it.
 */
export interface RedisClient {
  readonly status: string;
  get(key: string): Promise<string | null>;
  set(key: string, value: string, unit: 'PX', ttlMs: number): Promise<unknown>;
  pexpire(key: string, ttlMs: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
  eval(script: string, keys: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
  evalsha(sha1: string, keys: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
  quit(): Promise<unknown>;
  disconnect(): void;
}

/** Options of ioredis; answers keep the form that stores expect. */
export type RedisConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

/** A client, or what one is made from: `redis://127.0.0.1:6379/0`, or options. */
export type RedisSource = RedisClient | RedisConnectionOptions | string;

/**
 * A Redis that is away must not let commands pile up here: each is given up when a reconnect fails, or after this many ms.
 * Stores give up sooner; this lets go of what they gave up.
 */
const PATIENCE = { maxRetriesPerRequest: 1, commandTimeout: 2000 } as const;

/** @internal One per store. */
export class RedisConnection {
  readonly client: RedisClient;
  readonly #isOwn: boolean;

  /** Opens nothing if `source` is a client; else ioredis begins to connect. */
  constructor(source: RedisSource) {
    this.#isOwn = !isClient(source);
    this.client = isClient(source) ? source : connect(source);
  }

  /** Lets go of a client of its own, after what was sent. Safe to call twice. */
  async close(): Promise<void> {
    if (!this.#isOwn) return;
    const { client } = this;
    if (client.status === 'ready') await client.quit().catch(() => undefined);
    client.disconnect();
  }
}

/** A client of another copy of ioredis is one too. */
function isClient(source: RedisSource): source is RedisClient {
  return typeof source === 'object' && 'disconnect' in source;
}

function connect(source: RedisConnectionOptions | string): RedisClient {
  const client =
    typeof source === 'string'
      ? new Redis(source, PATIENCE)
      : new Redis({ ...PATIENCE, ...source });
  // A fault is seen where a command fails; without a listener ioredis prints it.
  client.on('error', () => {});
  return client;
}
