// Which certificates answer to a server name: exact names before wildcards, one of each key type side by side.
import type { Certificate } from './certificate.js';

/** Certificates for the same name with different keys: OpenSSL shows each client the one it can use. */
export type CertificateGroup = readonly Certificate[];

/**
 * The choice by server name (SNI).
 *
 * `[rsa for a.test and *.test, ec for a.test]`: `a.test` -> both, `b.test` -> the first, `c.b.test` and anything else -> the default,
 * which is the first certificate together with those of other key types that have a name with it in common.
 */
export class CertificateChoice {
  /** Who gets it: clients that name no host, or one that nobody is for. */
  readonly default: CertificateGroup;
  readonly #exact: Map<string, CertificateGroup> = new Map();
  /** By what follows the `*.`. */
  readonly #wildcards: Map<string, CertificateGroup> = new Map();

  /** @param certificates - at least one; the order of the spec */
  constructor(certificates: readonly Certificate[]) {
    const exact = new Map<string, Certificate[]>();
    const wildcards = new Map<string, Certificate[]>();
    for (const certificate of certificates) {
      for (const name of certificate.names) {
        const isWildcard = name.startsWith('*.');
        const list = isWildcard ? wildcards : exact;
        append(list, isWildcard ? name.slice(2) : name, certificate);
      }
    }
    const seen = new Map<string, CertificateGroup>();
    for (const [name, list] of wildcards) this.#wildcards.set(name, group(list, seen));
    for (const [name, list] of exact) {
      // A key type that no exact certificate has may come from the wildcard above.
      this.#exact.set(name, group([...list, ...(wildcards.get(parentOf(name)) ?? [])], seen));
    }
    const [first] = certificates;
    const others = certificates.filter((other) =>
      other.names.some((name) => first?.names.includes(name)),
    );
    this.default = group(first === undefined ? [] : [first, ...others], seen);
  }

  /** Every group there is, each once. */
  get groups(): ReadonlySet<CertificateGroup> {
    return new Set([this.default, ...this.#exact.values(), ...this.#wildcards.values()]);
  }

  /** The certificates for a name; undefined = the default's. @param serverName - lower case */
  find(serverName: string): CertificateGroup | undefined {
    return this.#exact.get(serverName) ?? this.#wildcards.get(parentOf(serverName));
  }
}

/** `a.b.test` -> `b.test`: a wildcard stands for one label. */
function parentOf(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}

function append(map: Map<string, Certificate[]>, name: string, certificate: Certificate): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [certificate]);
  else list.push(certificate);
}

/** The first certificate of each key type; equal groups are one object. */
function group(
  certificates: readonly Certificate[],
  seen: Map<string, CertificateGroup>,
): CertificateGroup {
  const byType = new Map<string, Certificate>();
  for (const one of certificates) if (!byType.has(one.keyType)) byType.set(one.keyType, one);
  const chosen = [...byType.values()];
  const key = chosen.map((one) => one.fingerprint).join(' ');
  const known = seen.get(key);
  if (known !== undefined) return known;
  seen.set(key, chosen);
  return chosen;
}
