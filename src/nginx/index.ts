// evenkeel/nginx: the udp frontends of a spec as nginx's configuration.
export type { EmittedFile } from '../emit/emitted-file.js';
export {
  type Fidelity,
  type FidelityEntry,
  type FidelityReport,
  inexactOf,
  refusalsOf,
} from '../emit/fidelity.js';
export { type RenderReportOptions, renderReport } from '../emit/render-report.js';
export { type EmittedNginx, emitNginx, NGINX_FILE } from './emit-nginx.js';
