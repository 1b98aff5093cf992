// evenkeel/keepalived: the pair of a spec, and its udp frontends if asked, as keepalived's configuration.
export * from '../emit/public.js';
export type { LvsMethod } from './emission.js';
export {
  type EmitKeepalivedOptions,
  type EmittedKeepalived,
  emitKeepalived,
  KEEPALIVED_FILE,
} from './emit-keepalived.js';
