// Public names of evenkeel/metrics, one by one.
export { createMetrics, type Metrics, type MetricsOptions } from './create-metrics.js';
export type { DurationOptions } from './durations.js';
