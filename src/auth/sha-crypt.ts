// SHA-crypt, the `$5$` and `$6$` of crypt(3): a hash of a password that takes thousands of rounds to make.
import { hash } from 'node:crypto';

/** Rounds of a hash that names none. */
export const DEFAULT_ROUNDS = 5000;

/** Rounds between two looks at whether to rest. */
const ROUNDS_PER_LOOK = 64;

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

type Digest = 'sha256' | 'sha512';

/** What a hash is made of besides the password. */
export interface ShaCryptSetting {
  /** `$5$` or `$6$`. */
  readonly digest: Digest;
  /** At most 16 characters. */
  readonly salt: string;
  /** 1000 or more. */
  readonly rounds: number;
}

/**
 * The hash of a password: what stands behind the last `$` in a password file.
 * Source: Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", version 0.6; the numbers in comments are its steps.
 * @param rest - asked now and then; a promise holds the work up until it resolves
 */
export async function shaCrypt(
  password: Buffer,
  { digest, salt, rounds }: ShaCryptSetting,
  rest: () => Promise<void> | undefined,
): Promise<string> {
  const saltBytes = Buffer.from(salt, 'latin1');
  const p = sequence(digest, password, password.length, password.length);
  let sum = firstSum(digest, password, saltBytes);
  const s = sequence(digest, saltBytes, 16 + sum[0]!, saltBytes.length);
  const pieces = new RoundMessages(p, s, sum.length);
  // 21
  for (let round = 0; round < rounds; round++) {
    sum = digestOf(digest, pieces.fill(round, sum));
    if (round % ROUNDS_PER_LOOK !== ROUNDS_PER_LOOK - 1) continue;
    const pause = rest();
    if (pause !== undefined) await pause;
  }
  return encode(digest, sum);
}

function digestOf(digest: Digest, bytes: Buffer): Buffer {
  return hash(digest, bytes, 'buffer');
}

/** 1-12: the sum that the rounds begin with. */
function firstSum(digest: Digest, password: Buffer, salt: Buffer): Buffer {
  const alternate = digestOf(digest, Buffer.concat([password, salt, password]));
  const pieces: Buffer[] = [password, salt, repeat(alternate, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) {
    pieces.push((bits & 1) !== 0 ? alternate : password);
  }
  return digestOf(digest, Buffer.concat(pieces));
}

/** 13-20: the digest of `times` repetitions, repeated or cut to `length` bytes. */
function sequence(digest: Digest, bytes: Buffer, times: number, length: number): Buffer {
  const all = Buffer.concat(Array.from({ length: times }, () => bytes));
  return repeat(digestOf(digest, all), length);
}

function repeat(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

/**
 * The message of a round is made of P, S and the sum of the round before, by whether its number is odd and divisible by 3 and 7:
 * there are eight forms, in which only the sum changes.
 */
class RoundMessages {
  readonly #forms: readonly { readonly bytes: Buffer; readonly at: number }[];

  constructor(p: Buffer, s: Buffer, sumBytes: number) {
    const sum = Buffer.alloc(sumBytes);
    this.#forms = Array.from({ length: 8 }, (_, form) => {
      const isOdd = (form & 1) !== 0;
      const middle = [...((form & 2) === 0 ? [] : [s]), ...((form & 4) === 0 ? [] : [p])];
      const pieces = isOdd ? [p, ...middle, sum] : [sum, ...middle, p];
      const bytes = Buffer.concat(pieces);
      return { bytes, at: isOdd ? bytes.length - sumBytes : 0 };
    });
  }

  fill(round: number, sum: Buffer): Buffer {
    const form = (round & 1) | (round % 3 === 0 ? 0 : 2) | (round % 7 === 0 ? 0 : 4);
    const { bytes, at } = this.#forms[form]!;
    bytes.set(sum, at);
    return bytes;
  }
}

/** 22: three bytes become four characters, in an order of their own, lowest bits first. */
function encode(digest: Digest, sum: Buffer): string {
  const isLong = digest === 'sha512';
  const third = isLong ? 21 : 10;
  let [a, b, c] = [0, third, 2 * third];
  let text = '';
  for (let group = 0; group < third; group++) {
    text += characters((sum[a]! << 16) | (sum[b]! << 8) | sum[c]!, 4);
    [a, b, c] = isLong ? [b + 1, c + 1, a + 1] : [c + 1, a + 1, b + 1];
  }
  return text + (isLong ? characters(sum[63]!, 2) : characters((sum[31]! << 8) | sum[30]!, 3));
}

function characters(value: number, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += ALPHABET[(value >> (6 * i)) & 63];
  return text;
}
