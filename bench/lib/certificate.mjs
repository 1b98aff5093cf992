// A certificate for the load to shake hands with, as files that evenkeel, HAProxy and nginx all read.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { folder } from './children.mjs';

const KEYS = { ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], rsa: ['rsa:2048'] };

/** @param {'ec' | 'rsa'} keyType */
export function certificateFiles(keyType) {
  const base = path.join(folder, keyType);
  const files = { cert: `${base}.pem`, key: `${base}.key`, bundle: `${base}-bundle.pem` };
  if (existsSync(files.bundle)) return files;
  const options = ['-x509', '-nodes', '-days', '2', '-subj', '/CN=bench.test'];
  const newKey = ['-newkey', ...KEYS[keyType], '-keyout', files.key, '-out', files.cert];
  const { status, stderr } = spawnSync('openssl', ['req', ...options, ...newKey]);
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  writeFileSync(files.bundle, readFileSync(files.cert, 'utf8') + readFileSync(files.key, 'utf8'));
  return files;
}

/** `https-rsa` -> `rsa`, `https` and `https-h2` -> `ec`; undefined = in the clear. */
export function keyTypeOf(protocol) {
  if (!protocol.startsWith('https')) return undefined;
  return protocol === 'https-rsa' ? 'rsa' : 'ec';
}
