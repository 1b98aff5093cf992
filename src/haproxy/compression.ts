// Compression of answers, as far as HAProxy has it: gzip.
import type { FrontendConfig } from '../spec/config.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import { isKnownTo } from './target.js';

/** Compresses what the spec says. */
export function addCompression(
  { report, target }: Emission,
  section: Section,
  { compression }: FrontendConfig,
  path: string,
): void {
  if (compression === undefined) return;
  const { algorithms, types, minBytes } = compression;
  const place = `${path}.compression`;
  if (!algorithms.includes('gzip')) {
    report.refused(place, 'HAProxy compresses with gzip only; add it.');
    return;
  }
  section.add('compression', 'algo', 'gzip');
  // A type is compared by how it begins.
  for (const type of types) section.add('compression', 'type', type.replace(/\/\*$/, '/'));
  report.approximated(
    place,
    'HAProxy compresses answers of 200 to 203 only, and names Accept-Encoding in Vary only where it has.',
  );
  if (algorithms.length === 1) report.exact(`${place}.algorithms`, 'gzip.');
  else report.approximated(`${place}.algorithms`, 'gzip only.');
  if (isKnownTo(target, '3.2')) {
    section.add('compression', 'minsize-res', minBytes);
    report.exact(`${place}.minBytes`, 'compression minsize-res.');
  } else
    report.approximated(`${place}.minBytes`, 'Before 3.2 HAProxy compresses answers of any size.');
  if (types.every((type) => type.endsWith('/*')))
    report.exact(`${place}.types`, 'The same media types.');
  else
    report.approximated(
      `${place}.types`,
      'A type is compared by how it begins: `application/json` is `application/json5` too.',
    );
}
