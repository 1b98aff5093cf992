// The comment on top of an emitted file.
import packageJson from '../../package.json' with { type: 'json' };
import type { BalancerConfig } from '../spec/config.js';
import { specHash } from './spec-hash.js';

/** Its lines, without `#`. @param program - `HAProxy 2.6 and newer` */
export function fileHeader(program: string, config: BalancerConfig): readonly string[] {
  return [
    `Written by evenkeel ${packageJson.version} for ${program} from the spec "${config.name}" (hash ${specHash(config)}).`,
    'Do not edit: change the spec and emit it again.',
  ];
}
