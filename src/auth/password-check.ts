// Whether a password makes a hash: compared in constant time, and never at the cost of everybody else.
import { hash, timingSafeEqual } from 'node:crypto';
import { type Clock, sleep } from '../core/clock.js';
import { bcryptWorker } from './bcrypt-worker.js';
import type { PasswordHash } from './password-hash.js';
import { shaCrypt } from './sha-crypt.js';

/** SHA-crypt works so long at a stretch, ms; then others have their turn. */
const SLICE_MS = 1;

/** Whether `password` makes `known`. It does not reject. */
export async function checkPassword(
  password: string,
  known: PasswordHash,
  clock: Clock,
): Promise<boolean> {
  switch (known.kind) {
    case 'bcrypt':
      return bcryptWorker.check(password, known.text);
    case 'sha-crypt': {
      const bytes = Buffer.from(password, 'utf8');
      return isSame(await shaCrypt(bytes, known.setting, restNowAndThen(clock)), known.sum);
    }
    default:
      return checkSha1(password, known.sum);
  }
}

/** The one kind that is checked at once. */
export function checkSha1(password: string, sum: Buffer): boolean {
  const made = hash('sha1', Buffer.from(password, 'utf8'), 'buffer');
  return made.length === sum.length && timingSafeEqual(made, sum);
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function restNowAndThen(clock: Clock): () => Promise<void> | undefined {
  let sinceMs = clock.now();
  return () => {
    if (clock.now() - sinceMs < SLICE_MS) return undefined;
    return sleep(clock, 0).then(() => {
      sinceMs = clock.now();
    });
  };
}
