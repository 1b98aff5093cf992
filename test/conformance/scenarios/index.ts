// Every scenario, in the order of the table.
import type { Scenario } from '../support/scenario.js';
import { balancing } from './balancing.js';
import { control } from './control.js';
import { errors } from './errors.js';
import { health } from './health.js';
import { http } from './http.js';
import { http2Members } from './http2.js';
import { queue } from './queue.js';
import { rateLimit } from './rate-limit.js';
import { sticky } from './sticky.js';
import { tcp } from './tcp.js';
import { tls } from './tls.js';

export const SCENARIOS: readonly Scenario[] = [
  ...balancing,
  ...health,
  ...errors,
  ...queue,
  ...sticky,
  ...rateLimit,
  ...http,
  ...http2Members,
  ...tls,
  ...tcp,
  ...control,
];
