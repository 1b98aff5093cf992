// A simulated client: its address, its cookies, and whom it was served by.
import type { AnswerCookie } from '../../sticky/answer-cookie.js';
import type { ModelMember } from './model-member.js';

/** @internal One of many; kept for the whole simulation. */
export class SimClient {
  readonly source: string;
  /** What it sends as its Cookie header; '' = nothing. */
  cookie = '';
  /** Who answered it last. */
  lastMember: ModelMember | undefined = undefined;
  /** Name of the pool that it was in. */
  lastPool = '';
  /** When it got its cookie or another member, ms: what was chosen before says nothing of where it belongs. -1 = with this answer. */
  #boundAtMs = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** Takes what an answer sets. A member whose cookie is edited is taken to set one of that name. */
  take(answer: AnswerCookie): void {
    const { name, mode, id, setCookie } = answer;
    if (setCookie === '' && mode === 'insert') return;
    this.#boundAtMs = -1;
    if (setCookie !== '') {
      const end = setCookie.indexOf(';');
      this.cookie = end < 0 ? setCookie : setCookie.slice(0, end);
    } else if (mode === 'rewrite') this.cookie = `${name}=${id}`;
    else if (mode === 'prefix') this.cookie = `${name}=${id}~1`;
  }

  /** An answer came whose member was chosen at `pickedMs`. Of several requests at once the one counts whose cookie it has. */
  onAnswer(member: ModelMember, pool: string, pickedMs: number, nowMs: number): void {
    if (pickedMs < this.#boundAtMs) return;
    if (this.#boundAtMs < 0 || member !== this.lastMember) this.#boundAtMs = nowMs;
    this.lastMember = member;
    this.lastPool = pool;
  }
}

/** Clients `first` to `first + count`, at `10.0.0.1` and on. */
export function createClients(first: number, count: number): SimClient[] {
  return Array.from({ length: count }, (_, index) => {
    const n = first + index + 1;
    return new SimClient(`10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`);
  });
}
