// What the translators of one emission share.
import type { FileSet } from '../emit/emitted-file.js';
import type { ReportBuilder } from '../emit/report-builder.js';
import type { CertificateStatus } from '../model/status.js';
import type { BalancerConfig } from '../spec/config.js';
import type { Backends } from './backends.js';
import type { HaproxyTarget } from './target.js';

/** One emission. */
export interface Emission {
  readonly config: BalancerConfig;
  readonly target: HaproxyTarget;
  readonly report: ReportBuilder;
  readonly files: FileSet;
  readonly backends: Backends;
  /** Certificates of the frontends that end TLS, by their names. */
  readonly certificates: Map<string, readonly CertificateStatus[]>;
}
