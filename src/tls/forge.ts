// node-forge, loaded when PKCS#12 is read or a certificate is made: 50 ms that most programs need not spend.
import { createRequire } from 'node:module';
import type forge from 'node-forge';

let loaded: typeof forge | undefined;

/** The library. */
export function loadForge(): typeof forge {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what the package's types say
  loaded ??= createRequire(import.meta.url)('node-forge') as typeof forge;
  return loaded;
}
