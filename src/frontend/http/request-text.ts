// Attributes of a request, looked up in the text of its head. Only policies and pools that go by them ask.
import type { AttributeKind } from '../../model/pick-context.js';

/** Behind `Cookie:`. */
const COOKIE_START = 7;

/**
 * The attribute `kind` (and `name`) of a request head such as `GET /a?b=1 HTTP/1.1\r\nHost: x\r\n...`.
 * Several Cookie lines are one header, as in HTTP/2 (RFC 9113 8.2.3); of other names the first line counts.
 * @param name - of a header: lower case
 * @param target - path and query of the request
 */
export function requestAttribute(
  head: string,
  kind: AttributeKind,
  name: string,
  target: string = targetOf(head),
): string | undefined {
  switch (kind) {
    case 'uri':
      return target;
    case 'path': {
      const query = target.indexOf('?');
      return query < 0 ? target : target.slice(0, query);
    }
    case 'query': {
      const query = target.indexOf('?');
      return query < 0 ? undefined : pairValue(target.slice(query + 1), '&', name);
    }
    case 'header':
      return name.toLowerCase() === 'cookie'
        ? headerList(head, 'cookie', '; ')
        : headerValue(head, name.toLowerCase());
    default:
      return headCookie(head, name);
  }
}

function targetOf(head: string): string {
  const start = head.indexOf(' ') + 1;
  return head.slice(start, head.indexOf(' ', start));
}

/** Value of the first header line of that name (lower case), blanks around it cut. */
export function headerValue(head: string, name: string): string | undefined {
  const fieldsEnd = head.indexOf('\r\n\r\n') + 2;
  for (let line = head.indexOf('\r\n') + 2; line < fieldsEnd; ) {
    const end = head.indexOf('\r\n', line);
    if (isNamed(head, line, name)) return head.slice(line + name.length + 1, end).trim();
    line = end + 2;
  }
  return undefined;
}

/** Values of all header lines of that name (lower case), joined; undefined = there is none. @param between - what joins them */
export function headerList(head: string, name: string, between = ', '): string | undefined {
  const fieldsEnd = head.indexOf('\r\n\r\n') + 2;
  let list: string | undefined;
  for (let line = head.indexOf('\r\n') + 2; line < fieldsEnd; ) {
    const end = head.indexOf('\r\n', line);
    if (isNamed(head, line, name)) {
      const value = head.slice(line + name.length + 1, end).trim();
      list = list === undefined ? value : list + between + value;
    }
    line = end + 2;
  }
  return list;
}

/** Whether one header line of that name (lower case) has exactly this value, blanks around it cut. */
export function hasHeaderLine(head: string, name: string, value: string): boolean {
  const fieldsEnd = head.indexOf('\r\n\r\n') + 2;
  for (let line = head.indexOf('\r\n') + 2; line < fieldsEnd; ) {
    const end = head.indexOf('\r\n', line);
    if (isNamed(head, line, name) && head.slice(line + name.length + 1, end).trim() === value) {
      return true;
    }
    line = end + 2;
  }
  return false;
}

/** Whether the line at `from` has this name (lower case); compared without making a text. */
export function isNamed(head: string, from: number, name: string): boolean {
  if (head.charCodeAt(from + name.length) !== 58) return false;
  for (let k = 0; k < name.length; k++) {
    const wanted = name.charCodeAt(k);
    const code = head.charCodeAt(from + k);
    if (code !== wanted && !(code >= 65 && code <= 90 && code + 32 === wanted)) return false;
  }
  return true;
}

/** Value of the first cookie of that name, in whichever Cookie line it stands: members look at all of them. */
function headCookie(head: string, name: string): string | undefined {
  const fieldsEnd = head.indexOf('\r\n\r\n') + 2;
  for (let line = head.indexOf('\r\n') + 2; line < fieldsEnd; ) {
    const end = head.indexOf('\r\n', line);
    if (isNamed(head, line, 'cookie')) {
      const value = cookieValue(head.slice(line + COOKIE_START, end), name);
      if (value !== undefined) return value;
    }
    line = end + 2;
  }
  return undefined;
}

/** Value of the first cookie of that name in a Cookie header. */
export function cookieValue(cookies: string, name: string): string | undefined {
  return pairValue(cookies, ';', name);
}

/** `b` of `a=1; b=2` -> `2`. */
function pairValue(text: string, separator: string, name: string): string | undefined {
  for (let from = 0; from <= text.length; ) {
    const next = text.indexOf(separator, from);
    const to = next < 0 ? text.length : next;
    const equals = text.indexOf('=', from);
    if (equals >= 0 && equals < to && text.slice(from, equals).trim() === name) {
      return text.slice(equals + 1, to).trim();
    }
    from = to + 1;
  }
  return undefined;
}
