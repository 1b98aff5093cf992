import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import forge from 'node-forge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SpecError } from '../../../src/core/errors.js';
import type { CertificateConfig } from '../../../src/spec/config.js';
import { loadServerMaterial, type ServerMaterial } from '../../../src/tls/load-server.js';
import { type Issued, TestAuthority } from '../../support/authority.js';

const authority = new TestAuthority();
let folder: string;
let rsa: Issued;
let ec: Issued;

const file = (name: string): string => path.join(folder, name);

function write(name: string, content: string | Buffer): string {
  writeFileSync(file(name), content);
  return file(name);
}

function encrypted(key: string, passphrase: string): string {
  return createPrivateKey(key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    .toString();
}

function pkcs12(issued: Issued, passphrase: string): Buffer {
  const { asn1, pki, pkcs12: p12 } = forge;
  const key = pki.privateKeyFromPem(issued.key);
  const chain = [issued.cert, authority.ca].map((pem) => pki.certificateFromPem(pem));
  const file12 = p12.toPkcs12Asn1(key, chain, passphrase, { generateLocalKeyId: true });
  return Buffer.from(asn1.toDer(file12).getBytes(), 'binary');
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-tls-'));
  rsa = authority.issue({ names: ['a.test', '*.b.test'] });
  ec = authority.issue({ names: ['a.test'], keyType: 'ec' });
  process.env['EK_TEST_PASS'] = 'secret';
  process.env['EK_TEST_WRONG'] = 'wrong';
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  delete process.env['EK_TEST_PASS'];
  delete process.env['EK_TEST_WRONG'];
});

function load(...certificates: CertificateConfig[]): ServerMaterial {
  const config = {
    certificates,
    selfSigned: false,
    minVersion: '1.2',
    clientAuth: { mode: 'none' },
  };
  return loadServerMaterial(config as Parameters<typeof loadServerMaterial>[0], Date.now());
}

function faults(...certificates: CertificateConfig[]): readonly string[] {
  try {
    load(...certificates);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(SpecError);
    expect((error as SpecError).code).toBe('EK_CERTIFICATE');
    return (error as SpecError).issues.map(({ path: place, message }) =>
      `${place}: ${message}`.replaceAll(`${folder}/`, ''),
    );
  }
}

describe('certificates', () => {
  test('are read from two files, from one, and from the spec itself', () => {
    const bundle = write('bundle.pem', `# notes\n${rsa.key}${rsa.cert}${authority.ca}`);
    const material = load(
      { cert: write('a.pem', ec.cert + authority.ca), key: write('a.key', ec.key) },
      { pem: bundle },
      { cert: rsa.cert, key: rsa.key },
    );
    expect(material.certificates.map((one) => [one.keyType, one.names])).toEqual([
      ['ec', ['a.test']],
      ['rsa', ['a.test', '*.b.test']],
      ['rsa', ['a.test', '*.b.test']],
    ]);
    expect(material.certificates[0]?.chainPem.match(/BEGIN CERT/g)).toHaveLength(2);
    expect(material.certificates[0]?.issuer).toBe('CN=test authority');
  });

  test('may have encrypted keys', () => {
    const key = write('secret.key', encrypted(ec.key, 'secret'));
    const cert = write('secret.pem', ec.cert);
    expect(load({ cert, key, passphraseEnv: 'EK_TEST_PASS' }).certificates).toHaveLength(1);
    expect(faults({ cert, key })).toEqual([
      'tls.certificates[0].key: secret.key is encrypted; name the variable of its passphrase, passphraseEnv',
    ]);
    expect(faults({ cert, key, passphraseEnv: 'EK_TEST_WRONG' })).toEqual([
      'tls.certificates[0].passphraseEnv: the passphrase in EK_TEST_WRONG does not open secret.key',
    ]);
    expect(faults({ cert, key, passphraseEnv: 'EK_TEST_NONE' })).toEqual([
      'tls.certificates[0].passphraseEnv: the variable EK_TEST_NONE is not set',
    ]);
  });

  test('may come in PKCS#12', () => {
    const pfx = write('c.p12', pkcs12(rsa, 'secret'));
    const [loaded] = load({ pfx, passphraseEnv: 'EK_TEST_PASS' }).certificates;
    expect(loaded).toMatchObject({ names: ['a.test', '*.b.test'] });
    expect(loaded?.chainPem.match(/BEGIN CERT/g)).toHaveLength(2);
    expect(load({ pfx: write('open.p12', pkcs12(rsa, '')) }).certificates).toHaveLength(1);
    expect(faults({ pfx, passphraseEnv: 'EK_TEST_WRONG' })).toEqual([
      'tls.certificates[0].passphraseEnv: the passphrase in EK_TEST_WRONG does not open c.p12',
    ]);
    expect(faults({ pfx })).toEqual([
      'tls.certificates[0].pfx: c.p12 is encrypted; name the variable of its passphrase, passphraseEnv',
    ]);
    expect(faults({ pfx: write('no.p12', rsa.cert) })).toEqual([
      'tls.certificates[0].pfx: no.p12 is no PKCS#12 file',
    ]);
  });

  test('with faults tell all of them, each at its place', () => {
    const cert = write('a.pem', rsa.cert);
    const key = write('a.key', rsa.key);
    const lines = faults(
      { cert: file('missing.pem'), key: file('missing.key') },
      { cert: write('empty.pem', 'nothing'), key: write('empty.key', rsa.cert) },
      { cert: write('bad.pem', rsa.cert.replace(/\n[A-Za-z0-9+/]{10}/, '\nAAAAAAAAAA')), key },
      { cert, key: write('bad.key', rsa.key.replace(/\n[A-Za-z0-9+/]{10}/, '\nAAAAAAAAAA')) },
      { cert, key: write('other.key', ec.key) },
      { pem: write('mixed.pem', rsa.cert + ec.key) },
      authority.issue({ names: ['a.test'], keyType: 'ec', fromDay: -9, untilDay: -1 }),
      authority.issue({ names: ['a.test'], keyType: 'ec', fromDay: 1 }),
      authority.issue({ names: ['*.co.uk'], keyType: 'ec' }),
      { cert: rsa.cert, key: ec.key },
      authority.issue({ names: ['a.test'], rsaBits: 1024 }),
    );
    expect(lines.map((line) => line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'DATE'))).toEqual([
      'tls.certificates[0].cert: missing.pem can not be read (ENOENT: no such file or directory)',
      'tls.certificates[0].key: missing.key can not be read (ENOENT: no such file or directory)',
      'tls.certificates[1].cert: there is no certificate in empty.pem',
      'tls.certificates[1].key: there is no private key in empty.key',
      'tls.certificates[2].cert: a certificate in bad.pem is malformed',
      'tls.certificates[3].key: the key in bad.key is malformed',
      'tls.certificates[4].key: the key in other.key does not belong to the certificate in a.pem',
      'tls.certificates[5].pem: the key in mixed.pem does not belong to the certificate',
      'tls.certificates[6].cert: the certificate in the PEM text expired at DATE',
      'tls.certificates[7].cert: the certificate in the PEM text is not valid before DATE',
      "tls.certificates[8].cert: the certificate in the PEM text is for *.co.uk: a public suffix is nobody's own",
      'tls.certificates[9].key: the key in the PEM text does not belong to the certificate',
      'tls.certificates[10].cert: the certificate in the PEM text has a key of 1024 bits; RSA takes 2048 or more',
    ]);
    expect(lines.join('')).not.toContain('BEGIN');
  });
});
