// The changes of headers that a frontend or route asks for, compiled: remove, then set, then add.
import { Template } from '../../../route/template.js';
import type { HeaderChangesConfig, HeadersConfig } from '../../../spec/http-features-config.js';
import type { Decision } from './decision.js';
import type { HeadChanges } from './head-changes.js';
import type { RequestView } from './request-view.js';
import { TemplateView } from './template-view.js';

interface Line {
  readonly name: string;
  readonly isHost: boolean;
  readonly template: Template;
}

/** What no header line may hold. A variable never does; nothing else stands between a client and the head of a request. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNSENDABLE = /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/g;

/** One for all: it is filled and read in one turn. */
const view = new TemplateView();

/** Changes of requests, and of the answers to them. */
export class HeaderChanges {
  readonly #request: Direction;
  readonly #response: Direction;

  constructor(config: HeadersConfig) {
    this.#request = new Direction(config.request);
    this.#response = new Direction(config.response);
  }

  /** Notes the changes in `decision`. @param prefixLength - characters of the path that `{rest}` leaves out */
  apply(request: RequestView, decision: Decision, prefixLength = 0): void {
    view.show(request, decision, prefixLength);
    this.#request.apply(decision.request);
    this.#response.apply(decision.response);
  }
}

class Direction {
  readonly #removed: readonly string[];
  readonly #set: readonly Line[];
  readonly #added: readonly Line[];

  constructor({ remove, set, add }: HeaderChangesConfig) {
    this.#removed = remove.map((name) => name.toLowerCase());
    this.#set = compile(set);
    this.#added = compile(add);
  }

  apply(changes: HeadChanges): void {
    for (const name of this.#removed) changes.remove(name);
    for (const { name, isHost, template } of this.#set) {
      const value = render(template);
      // There is no request without a host: the client's own stays.
      if (!isHost || value !== '') changes.set(name, value);
    }
    for (const { name, template } of this.#added) changes.add(name, render(template));
  }
}

function compile(lines: Readonly<Record<string, string>>): readonly Line[] {
  return Object.entries(lines).map(([name, text]) => ({
    name,
    isHost: name.toLowerCase() === 'host',
    // Whatever is not ASCII is sent as UTF-8.
    template: new Template(Buffer.from(text, 'utf8').toString('latin1')),
  }));
}

function render(template: Template): string {
  return template.fixed ?? template.render(view).replace(UNSENDABLE, '');
}
