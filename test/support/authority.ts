// A certificate authority inside the test process: certificates for RSA and elliptic-curve keys, good and bad ones.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import forge from 'node-forge';

const { asn1, md, pki } = forge;
const DAY_MS = 86_400_000;

/** What a certificate is to say. */
export interface IssueOptions {
  /** DNS names; the first is the common name. */
  readonly names: readonly string[];
  /** @defaultValue 'rsa' */
  readonly keyType?: 'rsa' | 'ec';
  /** Length of an RSA key. @defaultValue 2048 */
  readonly rsaBits?: number;
  /** Days from now at which it becomes valid. @defaultValue -1 */
  readonly fromDay?: number;
  /** Days from now at which it ends. @defaultValue 30 */
  readonly untilDay?: number;
  /** Besides the common name: `[['O', 'Example']]`. */
  readonly subject?: readonly (readonly [string, string])[];
}

/** A certificate and its key, as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** Makes RSA keys once per process: each takes a tenth of a second. */
let sharedKeys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined;

/** An authority with a name of its own. */
export class TestAuthority {
  /** PEM of its own certificate. */
  readonly ca: string;
  readonly #name: forge.pki.CertificateField[];
  readonly #key: forge.pki.rsa.PrivateKey;
  #serial = 1;

  constructor(name = 'test authority') {
    sharedKeys ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#name = [{ name: 'commonName', value: name }];
    this.#key = pki.privateKeyFromPem(pkcs8(sharedKeys.privateKey));
    const own = this.#begin({ names: [name] }, this.#name);
    own.publicKey = pki.publicKeyFromPem(spki(sharedKeys.publicKey));
    own.setExtensions([{ name: 'basicConstraints', cA: true, critical: true }]);
    own.sign(this.#key, md.sha256.create());
    this.ca = pki.certificateToPem(own);
  }

  /** A certificate that it has signed. */
  issue(options: IssueOptions): Issued {
    const { names, keyType = 'rsa', rsaBits = 2048, subject = [] } = options;
    const fields = [
      ...subject.map(([shortName, value]) => ({ shortName, value })),
      { name: 'commonName', value: names[0] ?? 'nobody' },
    ];
    const certificate = this.#begin(options, fields);
    certificate.setExtensions([
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) },
    ]);
    const pair =
      keyType === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: rsaBits })
        : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    certificate.publicKey = pki.publicKeyFromPem(spki(sharedKeys!.publicKey));
    certificate.sign(this.#key, md.sha256.create());
    return { cert: this.#signFor(certificate, pair.publicKey), key: pkcs8(pair.privateKey) };
  }

  #begin(options: IssueOptions, subject: forge.pki.CertificateField[]): forge.pki.Certificate {
    const { fromDay = -1, untilDay = 30 } = options;
    const certificate = pki.createCertificate();
    certificate.serialNumber = `01${(this.#serial++).toString(16).padStart(6, '0')}`;
    certificate.validity.notBefore = new Date(Date.now() + fromDay * DAY_MS);
    certificate.validity.notAfter = new Date(Date.now() + untilDay * DAY_MS);
    certificate.setSubject(subject);
    certificate.setIssuer(this.#name);
    return certificate;
  }

  /** forge knows no curves: the key goes into the finished certificate, which is signed anew. */
  #signFor(certificate: forge.pki.Certificate, key: KeyObject): string {
    const whole = pki.certificateToAsn1(certificate);
    const [body, algorithm] = whole.value as forge.asn1.Asn1[];
    const der = key.export({ type: 'spki', format: 'der' }).toString('binary');
    (body!.value as forge.asn1.Asn1[])[6] = asn1.fromDer(der);
    const digest = md.sha256.create();
    digest.update(asn1.toDer(body!).getBytes());
    const bits = `\0${this.#key.sign(digest)}`;
    const { UNIVERSAL } = asn1.Class;
    const signature = asn1.create(UNIVERSAL, asn1.Type.BITSTRING, false, bits);
    const signed = asn1.create(UNIVERSAL, asn1.Type.SEQUENCE, true, [body!, algorithm!, signature]);
    const base64 = Buffer.from(asn1.toDer(signed).getBytes(), 'binary').toString('base64');
    const lines = base64.match(/.{1,64}/g)!.join('\n');
    return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
  }
}

function spki(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
