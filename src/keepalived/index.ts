// evenkeel/keepalived: the pair of a spec, and its udp frontends if asked, as keepalived's configuration.
export type { EmittedFile } from '../emit/emitted-file.js';
export {
  type Fidelity,
  type FidelityEntry,
  type FidelityReport,
  inexactOf,
  refusalsOf,
} from '../emit/fidelity.js';
export { type RenderReportOptions, renderReport } from '../emit/render-report.js';
export type { LvsMethod } from './emission.js';
export {
  type EmitKeepalivedOptions,
  type EmittedKeepalived,
  emitKeepalived,
  KEEPALIVED_FILE,
} from './emit-keepalived.js';
