// Headers that listeners of the diagnostics channels set for members.
import { EvenkeelError } from '../../core/errors.js';
import { isFraming } from '../../spec/header-rules.js';
import { isNamed } from './request-text.js';

/** A name that is a token, and a value without anything that could end it (RFC 9110 5.1, 5.5). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/;

/** @throws EvenkeelError `EK_STATE` when the line would break a head or mean another body */
export function checkToldHeader(name: string, value: string): void {
  if (NAME.test(name) && VALUE.test(value) && !isFraming(name)) return;
  const message = `header "${name}" can't be set to ${JSON.stringify(value)}`;
  throw new EvenkeelError('EK_STATE', message);
}

/**
 * A request (head, and perhaps body) with that header in the place of every line of its name.
 * @param value - undefined = without any
 */
export function withHeader(text: string, name: string, value: string | undefined): string {
  const lower = name.toLowerCase();
  const fieldsEnd = text.indexOf('\r\n\r\n') + 2;
  let kept = '';
  let from = 0;
  for (let line = text.indexOf('\r\n') + 2; line < fieldsEnd; ) {
    const end = text.indexOf('\r\n', line) + 2;
    if (isNamed(text, line, lower)) {
      kept += text.slice(from, line);
      from = end;
    }
    line = end;
  }
  kept += text.slice(from, fieldsEnd);
  if (value !== undefined) kept += `${name}: ${value}\r\n`;
  return kept + text.slice(fieldsEnd);
}
