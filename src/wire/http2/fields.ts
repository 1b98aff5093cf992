// Heads and trailers of HTTP/1.1, as text, turned into the fields of HTTP/2.
import { fieldName, fieldValue } from './field-line.js';

/** Header fields for node:http2: names in lower case, several lines of one name as a list. */
export type Fields = Record<string, string | string[]>;

/**
 * No name is taken, `constructor` and `__proto__` neither. Unlike objects of `Object.create(null)` these are laid out by the order of
 * their names, which are nearly always the same: three times as fast to fill, and for node:http2 to read.
 */
class Bare {
  [name: string]: string | string[];
}
Reflect.deleteProperty(Bare.prototype, 'constructor');
Object.setPrototypeOf(Bare.prototype, null);

/** Fields of one value: node:http2 takes no second line of them. The first counts. */
const SINGLE_FIELDS: ReadonlySet<string> = new Set(
  `access-control-allow-credentials access-control-max-age access-control-request-method age
  authorization content-encoding content-language content-length content-location content-md5
  content-range content-type date dnt etag expires from host if-match if-modified-since
  if-none-match if-range if-unmodified-since last-modified location max-forwards
  proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent
  x-content-type-options`.split(/\s+/),
);

/**
 * The header fields of a head such as `HTTP/1.1 200 OK\r\nServer: x\r\n\r\n`, without its first line. The head was parsed before.
 */
export function headFields(head: string): Fields {
  return readLines(head, head.indexOf('\r\n') + 2, new Bare());
}

/** The fields of lines such as `grpc-status: 0\r\n`. */
export function lineFields(lines: string): Fields {
  return readLines(lines, 0, new Bare());
}

function readLines(text: string, from: number, fields: Fields): Fields {
  for (let line = from; line < text.length; ) {
    const end = text.indexOf('\r\n', line);
    if (end <= line) break;
    const colon = text.indexOf(':', line);
    const name = fieldName(text.slice(line, colon));
    if (name !== '') add(fields, name, fieldValue(text, colon + 1, end));
    line = end + 2;
  }
  return fields;
}

function add(fields: Fields, name: string, value: string): void {
  const present = fields[name];
  if (present === undefined) fields[name] = value;
  else if (SINGLE_FIELDS.has(name)) return;
  else if (typeof present === 'string') fields[name] = [present, value];
  else present.push(value);
}
