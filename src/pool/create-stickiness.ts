// From a pool's `sticky` to what carries it out.
import type { Clock } from '../core/clock.js';
import { EvenkeelError } from '../core/errors.js';
import type { PoolConfig } from '../spec/config.js';
import { readSecret } from '../spec/secret.js';
import { CookieCodec } from '../sticky/cookie-codec.js';
import { MemoryStickyStore } from '../sticky/memory-store.js';
import { isStickyStore, type StickyStore } from '../sticky/store.js';
import type { StoreHealthListener } from '../sticky/store-health.js';
import type { Chooser } from './chooser.js';
import { CookieStickiness } from './cookie-stickiness.js';
import type { Stickiness } from './stickiness.js';
import { StoreStickiness, type StoreStickinessParts } from './store-stickiness.js';

/** @internal What stickiness needs of its pool. */
export interface StickinessSurroundings {
  readonly chooser: Chooser;
  readonly clock: Clock;
  readonly listener: StoreHealthListener;
  /** The host's code by name. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

/**
 * @internal Changes nothing yet: `begin` does. A table of the same kind of clients is taken over from `before`.
 * @throws EvenkeelError `EK_STORE` if the store is missing or none, `EK_SPEC_INVALID` if the secret is gone
 */
export function createStickiness(
  { name: pool, sticky }: PoolConfig,
  surroundings: StickinessSurroundings,
  before?: Stickiness,
): Stickiness | undefined {
  if (sticky === undefined) return undefined;
  const { chooser, clock, listener, extensions } = surroundings;
  if (sticky.mode !== 'cookie') {
    const store = findStore(sticky, extensions, clock, before);
    return new StoreStickiness({ pool, config: sticky, store, clock, listener });
  }
  const secret = sticky.opaque ? readSecret(sticky.secretEnv ?? '') : undefined;
  if (sticky.opaque && secret === undefined)
    throw new EvenkeelError(
      'EK_SPEC_INVALID',
      `pool "${pool}": the environment variable "${sticky.secretEnv}" is not set`,
    );
  return new CookieStickiness(new CookieCodec(sticky, secret), clock, (member, nowMs) =>
    chooser.servesOwn(member, nowMs),
  );
}

type TableConfig = StoreStickinessParts['config'];

function findStore(
  config: TableConfig,
  extensions: Readonly<Record<string, unknown>>,
  clock: Clock,
  before: Stickiness | undefined,
): StickyStore {
  const { store: name, ttl, size } = config;
  if (name === 'memory') {
    const known = before instanceof StoreStickiness ? before : undefined;
    if (known?.store instanceof MemoryStickyStore && remembersSame(known.config, config))
      return known.store;
    return new MemoryStickyStore({ ttlMs: ttl, size }, clock);
  }
  const extension = extensions[name];
  if (isStickyStore(extension)) return extension;
  const fault = extension === undefined ? 'is missing' : 'is no sticky store';
  throw new EvenkeelError('EK_STORE', `sticky: extension "${name}" ${fault}`);
}

/** Whether the keys of one table mean the same in the other. */
function remembersSame(a: TableConfig, b: TableConfig): boolean {
  const header = (config: TableConfig): string | undefined =>
    config.mode === 'header' ? config.header.toLowerCase() : undefined;
  return header(a) === header(b);
}
