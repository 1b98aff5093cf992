// A template compiled: texts and variables in turn, joined for each request.
import { isTemplateVariable, parseTemplate, type TemplateVariable } from '../spec/template.js';

/** What the variables stand for in one request. Read only when a template names them. */
export interface TemplateValues {
  /** `{host}`: lower case, without port. */
  readonly host: string;
  /** `{path}`: as it came, without the query. */
  readonly path: string;
  /** `{rest}`: what follows the path prefix that the route matches; without a prefix the path. */
  readonly rest: string;
  /** `{query}`: without its question mark; '' = none. */
  readonly query: string;
  /** `{client.ip}`. */
  readonly clientIp: string;
  /** `{tls.sni}`; '' = none. */
  readonly serverName: string;
  /** `{request.id}`; '' = none. */
  readonly requestId: string;
}

/** `marked-query` is `?{query}`: without a query there is no question mark either. */
type Variable = TemplateVariable | 'marked-query';

/**
 * `https://{host}/new{rest}?{query}`, ready to be rendered. Rendering a template without variables is reading a field.
 */
export class Template {
  /** What it renders to whatever the request; undefined = it has variables. */
  readonly fixed: string | undefined;
  /** The texts in front of each variable. */
  readonly #texts: string[] = [];
  readonly #variables: Variable[] = [];
  readonly #tail: string;

  /** @param source - checked before: a variable that does not exist renders as nothing */
  constructor(source: string) {
    let text = '';
    for (const piece of parseTemplate(source)) {
      if ('text' in piece) {
        text += piece.text;
      } else if (isTemplateVariable(piece.variable)) {
        const isMarked = piece.variable === 'query' && text.endsWith('?');
        this.#texts.push(isMarked ? text.slice(0, -1) : text);
        this.#variables.push(isMarked ? 'marked-query' : piece.variable);
        text = '';
      }
    }
    this.#tail = text;
    this.fixed = this.#variables.length === 0 ? text : undefined;
  }

  /** The text for one request. */
  render(values: TemplateValues): string {
    if (this.fixed !== undefined) return this.fixed;
    const variables = this.#variables;
    let text = '';
    for (let i = 0; i < variables.length; i++) {
      text += this.#texts[i]! + valueOf(variables[i]!, values);
    }
    return text + this.#tail;
  }
}

function valueOf(variable: Variable, values: TemplateValues): string {
  switch (variable) {
    case 'host':
      return values.host;
    case 'path':
      return values.path;
    case 'rest':
      return values.rest;
    case 'query':
      return values.query;
    case 'marked-query': {
      const { query } = values;
      return query === '' ? '' : `?${query}`;
    }
    case 'client.ip':
      return values.clientIp;
    case 'tls.sni':
      return values.serverName;
    default:
      return values.requestId;
  }
}
