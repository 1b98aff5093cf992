// The address that a redirect sends a client to: rendered from a template, and safe whatever the request holds.
import { namesVariable, type TemplateVariable } from '../spec/template.js';
import { Template, type TemplateValues } from './template.js';

/** Names and addresses; a Host may hold more (RFC 3986 `reg-name`), none of which a host is made of. */
const PLAIN_HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])$/;

/** Everything but visible ASCII. */
const UNSENDABLE = /[^\x21-\x7e]/g;

/** Renders the Location of one route. */
export class Redirect {
  readonly #template: Template;
  /** Its own scheme and host; else a path of the host that was asked for. */
  readonly #isAbsolute: boolean;
  readonly #usesHost: boolean;
  readonly #usesServerName: boolean;
  readonly #usesPath: boolean;

  /** @param to - a template that was checked before */
  constructor(to: string) {
    this.#template = new Template(to);
    this.#isAbsolute = /^https?:\/\//.test(to);
    const uses = (variable: TemplateVariable): boolean => namesVariable(to, variable);
    this.#usesHost = uses('host');
    this.#usesServerName = uses('tls.sni');
    this.#usesPath = uses('path') || uses('rest');
  }

  /**
   * Where to go: an absolute address, or a path that begins with exactly one slash, so that no browser takes it for a host.
   * @returns undefined when the request has nothing to make it of: no host, or one of odd characters; no path (`OPTIONS *`)
   */
  location(values: TemplateValues): string | undefined {
    if (this.#template.fixed !== undefined) return this.#template.fixed;
    if (this.#usesHost && !PLAIN_HOST.test(values.host)) return undefined;
    if (this.#usesServerName && !PLAIN_HOST.test(values.serverName)) return undefined;
    if (this.#usesPath && values.path.charCodeAt(0) !== 47) return undefined;
    const location = this.#template.render(values).replace(UNSENDABLE, escape);
    return this.#isAbsolute ? location : location.replace(/^[/\\]*/, '/');
  }
}

function escape(character: string): string {
  return [...Buffer.from(character, 'utf8')]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
