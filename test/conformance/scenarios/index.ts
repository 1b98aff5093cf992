// Every scenario, in the order of the table.
import type { Scenario } from '../support/scenario.js';
import { balancing } from './balancing.js';
import { control } from './control.js';
import { errors } from './errors.js';
import { health } from './health.js';
import { queue } from './queue.js';
import { tcp } from './tcp.js';

export const SCENARIOS: readonly Scenario[] = [
  ...balancing,
  ...health,
  ...errors,
  ...queue,
  ...tcp,
  ...control,
];
