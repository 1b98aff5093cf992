// What the subpath of every emitter exports of this room.
export type { EmittedFile } from './emitted-file.js';
export {
  type Fidelity,
  type FidelityEntry,
  type FidelityReport,
  inexactOf,
  refusalsOf,
} from './fidelity.js';
export { type RenderReportOptions, renderReport } from './render-report.js';
