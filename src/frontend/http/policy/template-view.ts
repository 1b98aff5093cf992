// A request as the templates of header values and redirects see it.
import type { TemplateValues } from '../../../route/template.js';
import type { Decision } from './decision.js';
import type { RequestView } from './request-view.js';

/** What a server name may be made of to be repeated in a header; the rest is of a client that tries something. */
const SERVER_NAME = /^[\w.-]*$/;

/** One object serves every request of a pass: it is filled, rendered from and forgotten in one turn. */
export class TemplateView implements TemplateValues {
  #request: RequestView | undefined = undefined;
  #decision: Decision | undefined = undefined;
  #prefixLength = 0;

  /** @param prefixLength - characters of the path that the route's prefix takes */
  show(request: RequestView, decision: Decision, prefixLength = 0): this {
    this.#request = request;
    this.#decision = decision;
    this.#prefixLength = prefixLength;
    return this;
  }

  get host(): string {
    return this.#request?.host ?? '';
  }

  get path(): string {
    const target = this.#request?.target ?? '';
    const query = target.indexOf('?');
    return query < 0 ? target : target.slice(0, query);
  }

  get rest(): string {
    return this.path.slice(this.#prefixLength);
  }

  get query(): string {
    const target = this.#request?.target ?? '';
    const query = target.indexOf('?');
    return query < 0 ? '' : target.slice(query + 1);
  }

  get clientIp(): string {
    return this.#request?.source ?? '';
  }

  get serverName(): string {
    const name = this.#request?.client.tls?.serverName ?? '';
    return SERVER_NAME.test(name) ? name : '';
  }

  get requestId(): string {
    return this.#decision?.requestId ?? '';
  }
}
