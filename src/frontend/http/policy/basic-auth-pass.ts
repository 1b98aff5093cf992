// Names and passwords (RFC 7617): 401 for whoever has none, or wrong ones.
import { LoginMemory, type LoginVerdict } from '../../../auth/authenticator.js';
import type { FrontendConfig } from '../../../spec/config.js';
import type { FrontendContext } from '../../handler.js';
import { UsersFile } from '../users-file.js';
import type { Decision } from './decision.js';
import type { Pass, PolicyAnswer, Verdict } from './policy.js';
import type { RequestView } from './request-view.js';

/** Who was let in stays in through reloads. */
const memories: WeakMap<FrontendContext, LoginMemory> = new WeakMap();

const AGAIN = 'Retry-After: 1\r\n';
const CROWDED: PolicyAnswer = {
  status: 429,
  lines: AGAIN,
  denies: true,
  reason: 'basic auth: too many checks of this client are waiting',
};
const BUSY: PolicyAnswer = {
  status: 503,
  lines: AGAIN,
  denies: true,
  reason: 'basic auth: too many checks are waiting',
};

/** Lets requests in by the users of a file. */
export class BasicAuthPass implements Pass {
  readonly name = 'basic-auth';
  readonly #file: UsersFile;
  readonly #missing: PolicyAnswer;
  readonly #wrong: PolicyAnswer;

  /** @throws SpecError `EK_FILE` when the file can't be read or has a bad line */
  constructor(config: NonNullable<FrontendConfig['basicAuth']>, context: FrontendContext) {
    const memory = memories.get(context) ?? new LoginMemory(context.environment.clock);
    memories.set(context, memory);
    this.#file = new UsersFile(config.usersFile, memory, context);
    const realm = config.realm.replace(/["\\]/g, '\\$&');
    const lines = `WWW-Authenticate: Basic realm="${realm}", charset="UTF-8"\r\n`;
    this.#missing = { status: 401, lines, reason: 'basic auth: no credentials' };
    this.#wrong = { status: 401, lines, reason: 'basic auth: wrong credentials' };
  }

  judge(request: RequestView, decision: Decision): Verdict | Promise<Verdict> {
    const fresh = this.#file.freshen(request.nowMs);
    if (fresh === undefined) return this.#ask(request, decision);
    return fresh.then(() => this.#ask(request, decision));
  }

  #ask(request: RequestView, decision: Decision): Verdict | Promise<Verdict> {
    const header = request.attribute('header', 'authorization');
    const login = this.#file.authenticator.judge(header, request.source);
    if (typeof login === 'string') return this.#answer(login, header, decision);
    return login.then((late) => this.#answer(late, header, decision));
  }

  #answer(login: LoginVerdict, header: string | undefined, decision: Decision): Verdict {
    if (header === undefined) return this.#missing;
    switch (login) {
      case 'granted':
        // One line: what the member sees is what was checked.
        decision.request.set('Authorization', header);
        return undefined;
      case 'crowded':
        return CROWDED;
      case 'busy':
        return BUSY;
      default:
        return this.#wrong;
    }
  }
}
