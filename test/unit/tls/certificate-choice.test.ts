import { describe, expect, test } from 'vitest';
import type { Certificate } from '../../../src/tls/certificate.js';
import { CertificateChoice } from '../../../src/tls/certificate-choice.js';

function certificate(label: string, keyType: string, ...names: string[]): Certificate {
  return {
    names,
    keyType,
    subject: label,
    issuer: '',
    validFrom: 0,
    expiresAt: 0,
    fingerprint: label,
    chainPem: '',
    keyPem: '',
  };
}

const CERTIFICATES = [
  certificate('first', 'rsa', 'a.test', '*.b.test'),
  certificate('first-ec', 'ec', 'a.test'),
  certificate('late', 'rsa', 'a.test'),
  certificate('exact', 'ec', 'x.b.test'),
  certificate('alone', 'ec', 'alone.test'),
];

function labels(name: string): string {
  const choice = new CertificateChoice(CERTIFICATES);
  return (choice.find(name) ?? choice.default).map((one) => one.subject).join(' ');
}

describe('CertificateChoice', () => {
  test.each([
    ['a.test', 'first first-ec', 'the first of each key type'],
    ['y.b.test', 'first', 'a wildcard'],
    ['x.b.test', 'exact first', 'exact before wildcard, which lends the other key type'],
    ['y.y.b.test', 'first first-ec', 'a wildcard stands for one label: the default'],
    ['b.test', 'first first-ec', 'and not for none: the default'],
    ['alone.test', 'alone', 'a name of its own'],
    ['unknown', 'first first-ec', 'the default: the first and those beside it'],
    ['', 'first first-ec', 'no name: the default'],
  ])('%s: %s (%s)', (name, expected) => {
    expect(labels(name)).toBe(expected);
  });

  test('groups that are equal are one', () => {
    const many = certificate('many', 'rsa', 'a.test', 'b.test', '*.c.test');
    expect(new CertificateChoice([many]).groups.size).toBe(1);
    expect(new CertificateChoice(CERTIFICATES).groups.size).toBe(4);
  });
});
