// A fixed answer for everybody while work is done, but for those who do it.
import { CidrSet } from '../../../core/cidr.js';
import type { FrontendConfig } from '../../../spec/config.js';
import { readPage } from '../page.js';
import type { Pass, PolicyAnswer } from './policy.js';
import type { RequestView } from './request-view.js';

/** Answers all requests but those from the networks of `allow`. */
export class MaintenancePass implements Pass {
  readonly name = 'maintenance';
  readonly #allowed: CidrSet;
  readonly #answer: PolicyAnswer;

  /** @throws SpecError `EK_FILE` when the page can't be read */
  constructor(config: NonNullable<FrontendConfig['maintenance']>) {
    const { status, page, allow } = config;
    this.#allowed = new CidrSet(allow);
    const content = page === undefined ? {} : readPage(page, 'maintenance.page');
    this.#answer = { status, reason: 'maintenance', ...content };
  }

  judge(request: RequestView): PolicyAnswer | undefined {
    return this.#allowed.has(request.source) ? undefined : this.#answer;
  }
}
