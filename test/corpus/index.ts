// Every spec of the corpus.
import type { CorpusEntry } from './entry.js';
import { FEATURES } from './features.js';
import { HTTP } from './http.js';
import { PAIR } from './pair.js';
import { PLAIN } from './plain.js';
import { POOLS } from './pools.js';
import { ROUTES } from './routes.js';
import { TLS } from './tls.js';
import { UDP } from './udp.js';

/** All of them, in a fixed order. */
export const CORPUS: readonly CorpusEntry[] = [
  ...HTTP,
  ...FEATURES,
  ...ROUTES,
  ...POOLS,
  ...PLAIN,
  ...TLS,
  ...UDP,
  ...PAIR,
];
