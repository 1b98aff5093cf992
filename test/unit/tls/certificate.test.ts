import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { factsOf, renderName } from '../../../src/tls/certificate.js';
import { createSelfSigned } from '../../../src/tls/self-signed.js';

describe('renderName', () => {
  test.each([
    ['CN=robot', 'CN=robot'],
    ['C=DE\nO=Example\nCN=robot', 'CN=robot,O=Example,C=DE'],
    ['O=Größe\nCN=a\\, b', 'CN=a\\, b,O=Gr\\C3\\B6\\C3\\9Fe'],
    ['CN=a + OU=b \\+ c\\ ', 'CN=a+OU=b \\+ c\\ '],
    ['CN=\u{1F600}', 'CN=\\F0\\9F\\98\\80'],
    ['', ''],
  ])('%j -> %s', (lines, name) => {
    expect(renderName(lines)).toBe(name);
  });
});

describe('createSelfSigned', () => {
  test('makes a certificate for names and addresses that node believes', () => {
    const now = Date.UTC(2026, 0, 1);
    const made = createSelfSigned({ domains: ['app.test', '*.app.test', '::1'], now, days: 10 });
    const certificate = new X509Certificate(made.cert);
    expect(factsOf(certificate)).toMatchObject({
      names: ['app.test', '*.app.test'],
      subject: 'CN=app.test',
      keyType: 'rsa',
      validFrom: now - 60_000,
      expiresAt: now + 10 * 86_400_000,
    });
    expect(certificate.checkHost('x.app.test')).toBe('*.app.test');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });
});
