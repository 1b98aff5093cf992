// What the translators of one emission share.
import type { ReportBuilder } from '../emit/report-builder.js';
import type { BalancerConfig } from '../spec/config.js';

/** How datagrams get to members: `dr` as they are (members hold the address too), `nat` rewritten, `tun` wrapped. */
export type LvsMethod = 'dr' | 'nat' | 'tun';

/** One emission. */
export interface KeepalivedEmission {
  readonly config: BalancerConfig;
  readonly report: ReportBuilder;
  /** Absent = udp frontends are nginx's business. */
  readonly lvs: LvsMethod | undefined;
  /** Absolute path of the track script. */
  readonly script: string;
  /** HAProxy's socket for run-time commands. */
  readonly adminSocket: string;
  /** Addresses and ports of virtual servers so far: LVS takes each once. */
  readonly sockets: Set<string>;
}
