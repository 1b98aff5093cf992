// PEM: blocks of base64 between BEGIN and END lines (RFC 7468).

/** `-----BEGIN CERTIFICATE-----` to its END line. */
export interface PemBlock {
  /** `CERTIFICATE`, `RSA PRIVATE KEY`. */
  readonly label: string;
  /** The block with its two lines. */
  readonly text: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

/** Every block of a text, in order; what stands between them is ignored. */
export function parsePem(text: string): readonly PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([block, label = '']) => ({ label, text: `${block}\n` }));
}

/** The certificates among them. */
export function certificateBlocks(text: string): readonly string[] {
  return textsOf(text, (label) => label === 'CERTIFICATE');
}

/** The private keys among them, encrypted ones too. */
export function keyBlocks(text: string): readonly string[] {
  return textsOf(text, (label) => label.endsWith('PRIVATE KEY'));
}

function textsOf(text: string, isWanted: (label: string) => boolean): readonly string[] {
  return parsePem(text)
    .filter((block) => isWanted(block.label))
    .map((block) => block.text);
}

/** DER bytes as a PEM block. */
export function renderPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
