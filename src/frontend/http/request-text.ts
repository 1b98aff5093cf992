// Attributes of a request for keyed hashes, looked up in the text of its head. Only pools that hash ask for them.
import type { AttributeKind } from '../../model/pick-context.js';

/** The attribute `kind` (and `name`) of a request head such as `GET /a?b=1 HTTP/1.1\r\nHost: x\r\n...`. */
export function requestAttribute(
  head: string,
  kind: AttributeKind,
  name: string,
): string | undefined {
  switch (kind) {
    case 'uri':
      return target(head);
    case 'path': {
      const uri = target(head);
      const query = uri.indexOf('?');
      return query < 0 ? uri : uri.slice(0, query);
    }
    case 'query': {
      const uri = target(head);
      const query = uri.indexOf('?');
      return query < 0 ? undefined : pairValue(uri.slice(query + 1), '&', name);
    }
    case 'header':
      return headerValue(head, name);
    default: {
      const cookies = headerValue(head, 'cookie');
      return cookies === undefined ? undefined : pairValue(cookies, ';', name);
    }
  }
}

function target(head: string): string {
  const start = head.indexOf(' ') + 1;
  return head.slice(start, head.indexOf(' ', start));
}

/** Value of the first header line of that name, blanks around it cut. */
function headerValue(head: string, name: string): string | undefined {
  const wanted = `${name.toLowerCase()}:`;
  const fieldsEnd = head.indexOf('\r\n\r\n');
  for (let line = head.indexOf('\r\n') + 2; line < fieldsEnd + 2; ) {
    const end = head.indexOf('\r\n', line);
    if (head.slice(line, line + wanted.length).toLowerCase() === wanted) {
      return head.slice(line + wanted.length, end).trim();
    }
    line = end + 2;
  }
  return undefined;
}

/** `b` of `a=1; b=2` -> `2`. */
function pairValue(text: string, separator: string, name: string): string | undefined {
  for (const pair of text.split(separator)) {
    const equals = pair.indexOf('=');
    if (equals >= 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
