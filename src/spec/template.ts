// Templates: texts with variables such as `{host}`, taken apart and checked.
import type { z } from 'zod';
import { didYouMean } from '../core/nearest.js';
import { headerValue } from './http-leaf.js';
import { leaf } from './leaf.js';
import { expectedGot } from './wording.js';

/** What a template may name, without the braces. */
export type TemplateVariable =
  | 'host'
  | 'path'
  | 'rest'
  | 'query'
  | 'client.ip'
  | 'tls.sni'
  | 'request.id';

/** Every variable, in the order of the reference. */
export const TEMPLATE_VARIABLES: readonly TemplateVariable[] = [
  'host',
  'path',
  'rest',
  'query',
  'client.ip',
  'tls.sni',
  'request.id',
];

/** A piece of a template: text as it is, or the name of what stands there. */
export type TemplatePiece = { readonly text: string } | { readonly variable: string };

/** `{{name}}`, which is the text `{name}`, or `{name}`, a variable; every other brace is text. */
const VARIABLE = /\{\{([A-Za-z][\w.-]*)\}\}|\{([A-Za-z][\w.-]*)\}/g;

/**
 * `https://{host}/new` -> text, variable, text. Names are not looked up yet; no two texts stand side by side.
 * Braces around anything but a name stay as they are, so JSON needs no escape.
 */
export function parseTemplate(template: string): readonly TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let text = '';
  let end = 0;
  for (const match of template.matchAll(VARIABLE)) {
    const [whole, escaped, variable] = match;
    text += template.slice(end, match.index);
    end = match.index + whole.length;
    if (variable === undefined) {
      text += `{${escaped}}`;
      continue;
    }
    if (text !== '') pieces.push({ text });
    text = '';
    pieces.push({ variable });
  }
  text += template.slice(end);
  if (text !== '') pieces.push({ text });
  return pieces;
}

/** Whether a template may name it. */
export function isTemplateVariable(name: string): name is TemplateVariable {
  return TEMPLATE_VARIABLES.some((known) => known === name);
}

/** What is wrong with the variables of a template, as a sentence; undefined = nothing. */
export function templateProblem(template: string): string | undefined {
  for (const piece of parseTemplate(template)) {
    if (!('variable' in piece) || isTemplateVariable(piece.variable)) continue;
    const name = piece.variable;
    const hint = didYouMean(name, TEMPLATE_VARIABLES);
    return `no variable is named "${name}"${hint} (as text: {{${name}}})`;
  }
  return undefined;
}

/** Whether a template names this variable. */
export function namesVariable(template: string, variable: TemplateVariable): boolean {
  return parseTemplate(template).some(
    (piece) => 'variable' in piece && piece.variable === variable,
  );
}

/** The value of a header that is written for each request: a template without control characters. */
export const headerTemplate: z.ZodType<string> = leaf(
  (value) => {
    if (typeof value !== 'string' || !headerValue.safeParse(value).success)
      return expectedGot('a header value without control characters', value);
    return templateProblem(value);
  },
  { type: 'string' },
);
