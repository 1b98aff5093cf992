// The Huffman code of HPACK (RFC 7541 5.2 and appendix B), read four bits at a time.

/** Length of each byte's code in bits, and of EOS behind them. The codes follow from the lengths: shorter ones first, then in order. */
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const EOS = 256;
const LONGEST = 30;

const NODE = 0xff;
const HAS_BYTE = 0x100;
const BYTE_SHIFT = 9;
/** The whole EOS was read, which no text may contain. */
const BAD = 1 << 17;
/** Text may end here: what follows the last code is the beginning of EOS, and less than a byte. */
const MAY_END = 1 << 18;

/** What four bits do, by the node of the code's tree that they start from and their value. */
const STEPS: Uint32Array = buildSteps();

/** Longest text, per byte of its code: no code is shorter than five bits. */
export const MAX_EXPANSION: number = 8 / 5;

/**
 * Decodes `bytes[from..to)` to the beginning of `out`, which has room for {@link MAX_EXPANSION} times as much: how long the text is,
 * -1 = malformed.
 */
export function decodeHuffman(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
): number {
  let length = 0;
  let step = MAY_END;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    step = STEPS[((step & NODE) << 4) | (byte >> 4)]!;
    if ((step & (HAS_BYTE | BAD)) !== 0) {
      if ((step & BAD) !== 0) return -1;
      out[length++] = step >> BYTE_SHIFT;
    }
    step = STEPS[((step & NODE) << 4) | (byte & 15)]!;
    if ((step & (HAS_BYTE | BAD)) !== 0) {
      if ((step & BAD) !== 0) return -1;
      out[length++] = step >> BYTE_SHIFT;
    }
  }
  return (step & MAY_END) === 0 ? -1 : length;
}

/** An inner node of the tree: what a 0 and a 1 lead to. Symbols are negative: -1 for byte 0. */
type Node = [zero: number, one: number];

function buildTree(): { nodes: Node[]; mayEnd: Set<number> } {
  const nodes: Node[] = [[0, 0]];
  const mayEnd = new Set([0]);
  let code = 0;
  for (let length = 1; length <= LONGEST; length++) {
    for (let symbol = 0; symbol <= EOS; symbol++) {
      if (LENGTHS[symbol] === length) {
        insert(nodes, code, length, symbol);
        code++;
      }
    }
    code *= 2;
  }
  for (let at = 0, depth = 1; depth < 8; depth++) {
    at = nodes[at]![1];
    mayEnd.add(at);
  }
  return { nodes, mayEnd };
}

function insert(nodes: Node[], code: number, length: number, symbol: number): void {
  let at = 0;
  for (let bit = length - 1; bit > 0; bit--) {
    const side = Math.floor(code / 2 ** bit) % 2 === 0 ? 0 : 1;
    if (nodes[at]![side] === 0) nodes[at]![side] = nodes.push([0, 0]) - 1;
    at = nodes[at]![side];
  }
  nodes[at]![code % 2 === 0 ? 0 : 1] = -1 - symbol;
}

function buildSteps(): Uint32Array {
  const { nodes, mayEnd } = buildTree();
  const steps = new Uint32Array(nodes.length * 16);
  for (let node = 0; node < nodes.length; node++) {
    for (let bits = 0; bits < 16; bits++) steps[node * 16 + bits] = walk(nodes, mayEnd, node, bits);
  }
  return steps;
}

function walk(nodes: Node[], mayEnd: Set<number>, from: number, bits: number): number {
  let at = from;
  let found = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = nodes[at]![(bits >> bit) & 1 ? 1 : 0];
    if (next >= 0) at = next;
    else {
      const symbol = -1 - next;
      if (symbol === EOS) return BAD;
      found = HAS_BYTE | (symbol << BYTE_SHIFT);
      at = 0;
    }
  }
  return at | found | (mayEnd.has(at) ? MAY_END : 0);
}
