// Takes a PKCS#12 file (.p12, .pfx) apart into PEM (RFC 7292).
import type forge from 'node-forge';
import { loadForge } from './forge.js';
import { renderPem } from './pem.js';

/** What a PKCS#12 file holds, as PEM. */
export interface Pkcs12Content {
  /** The certificate of the key first, when the file says which one it is. */
  readonly certificates: readonly string[];
  /** PKCS#8; undefined = there is none. */
  readonly key: string | undefined;
}

/**
 * Opens a PKCS#12 file.
 * @returns its content; `wrong passphrase`; or `malformed` when it is something else
 */
export function parsePkcs12(
  bytes: Buffer,
  passphrase: string,
): Pkcs12Content | 'wrong passphrase' | 'malformed' {
  const { asn1, pkcs12 } = loadForge();
  let asn: forge.asn1.Asn1;
  try {
    asn = asn1.fromDer(bytes.toString('binary'));
  } catch {
    return 'malformed';
  }
  try {
    return contentOf(pkcs12.pkcs12FromAsn1(asn, false, passphrase));
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    return /MAC could not be verified|decrypt|password/i.test(reason)
      ? 'wrong passphrase'
      : 'malformed';
  }
}

function contentOf(file: forge.pkcs12.Pkcs12Pfx): Pkcs12Content {
  const { asn1, pki } = loadForge();
  const { oids } = pki;
  const bagsOf = (type: string | undefined): forge.pkcs12.Bag[] =>
    type === undefined ? [] : (file.getBags({ bagType: type })[type] ?? []);
  const keys = [...bagsOf(oids['pkcs8ShroudedKeyBag']), ...bagsOf(oids['keyBag'])];
  const keyBag = keys[0];
  const certificates = bagsOf(oids['certBag']);
  const keyId = localIdOf(keyBag);
  const own = certificates.findIndex((bag) => keyId !== '' && localIdOf(bag) === keyId);
  const ordered = own > 0 ? [certificates[own]!, ...certificates.toSpliced(own, 1)] : certificates;
  const der = (value: forge.asn1.Asn1): Buffer =>
    Buffer.from(asn1.toDer(value).getBytes(), 'binary');
  return {
    // What forge does not know (elliptic curves) it hands on as ASN.1.
    certificates: ordered.map((bag) =>
      renderPem('CERTIFICATE', der(bag.cert ? pki.certificateToAsn1(bag.cert) : bag.asn1)),
    ),
    key: keyBag && renderPem('PRIVATE KEY', der(keyInfoOf(keyBag))),
  };
}

function keyInfoOf(bag: forge.pkcs12.Bag): forge.asn1.Asn1 {
  const { pki } = loadForge();
  return bag.key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(bag.key)) : bag.asn1;
}

function localIdOf(bag: forge.pkcs12.Bag | undefined): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the attributes are typed as any
  const ids = bag?.attributes?.localKeyId as readonly string[] | undefined;
  return ids?.[0] ?? '';
}
