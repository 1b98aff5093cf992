// Public names of evenkeel/tracing, one by one.
export { createTracing, type Tracing, type TracingOptions } from './create-tracing.js';
export { W3cPropagator } from './w3c-propagator.js';
