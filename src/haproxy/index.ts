// evenkeel/haproxy: a spec as HAProxy's configuration, and a HAProxy that runs it.
export * from '../emit/public.js';
export {
  CONFIG_FILE,
  type EmitHaproxyOptions,
  type EmittedBackend,
  type EmittedHaproxy,
  emitHaproxy,
} from './emit-haproxy.js';
export {
  type ApplyCounts,
  HaproxyEngine,
  type HaproxyEngineOptions,
} from './engine/haproxy-engine.js';
export {
  type ImportedHaproxy,
  type ImportHaproxyOptions,
  importHaproxy,
} from './import/import-haproxy.js';
export type { ImportNote } from './import/notes.js';
export { DEFAULT_TARGET, HAPROXY_TARGETS, type HaproxyTarget, targetOf } from './target.js';
