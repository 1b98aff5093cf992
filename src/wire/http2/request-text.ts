// A request of HTTP/2 as the text of an HTTP/1.1 head: what would mean something else there is refused (RFC 9113 8, 10.3).
import { TARGET, TOKEN } from '../http1/byte-class.js';
import { CONNECTION_FIELDS, isAll, isFieldName, isFieldValue } from './field-check.js';
import type { HeaderField } from './header-field.js';

/** Why a request can't be written as HTTP/1.1. */
export interface RequestFault {
  /** 400 or 405. */
  readonly status: number;
  readonly reason: string;
}

const COLON = 58;
const SLASH = 47;

/** Fields that are looked at, or refused. */
const SPECIAL: ReadonlySet<string> = new Set([
  ...CONNECTION_FIELDS,
  'content-length',
  'cookie',
  'host',
  'te',
]);

/** The pseudo-header fields of a request; '' = it has none. */
interface Pseudo {
  method: string;
  scheme: string;
  authority: string;
  path: string;
}

/**
 * Writes `fields` as a head with its empty line. Every name and value is looked at: what is a line end or a second field in HTTP/1.1
 * must not pass.
 * @param isEnded - no body follows
 */
export function renderRequest(
  fields: readonly HeaderField[],
  isEnded: boolean,
): string | RequestFault {
  const pseudo: Pseudo = { method: '', scheme: '', authority: '', path: '' };
  let lines = '';
  let cookies = '';
  let host = '';
  let length = '';
  let mayBePseudo = true;
  for (const field of fields) {
    const { name, value } = field;
    if (field.kind === 'unread') inspect(field);
    switch (field.kind) {
      case 'plain':
        mayBePseudo = false;
        lines += field.line;
        continue;
      case 'pseudo': {
        const fault = mayBePseudo ? takePseudo(pseudo, name, value) : BAD_NAME;
        if (fault !== undefined) return fault;
        continue;
      }
      case 'bad-name':
        return BAD_NAME;
      case 'bad-value':
        return BAD_VALUE;
      default:
        mayBePseudo = false;
    }
    switch (name) {
      case 'host':
        if (host !== '' || value === '') return BAD_HOST;
        host = value;
        break;
      case 'cookie':
        cookies = cookies === '' ? value : `${cookies}; ${value}`;
        break;
      case 'te':
        if (value.toLowerCase() !== 'trailers') return BAD_TE;
        lines += 'te: trailers\r\n';
        break;
      case 'content-length':
        if (length !== '' || value === '') return BAD_LENGTH;
        length = value;
        break;
      default:
        return BAD_CONNECTION;
    }
  }
  const target = targetOf(pseudo);
  if (typeof target !== 'string') return target;
  const authority = pseudo.authority === '' ? host : pseudo.authority;
  if (authority === '') return NO_HOST;
  if (host !== '' && host.toLowerCase() !== authority.toLowerCase()) return HOST_DIFFERS;
  if (cookies !== '') lines += `cookie: ${cookies}\r\n`;
  if (length !== '') {
    if (!/^\d{1,16}$/.test(length) || (isEnded && Number(length) > 0)) return BAD_LENGTH;
    lines += `content-length: ${length}\r\n`;
  } else if (!isEnded) lines += 'transfer-encoding: chunked\r\n';
  return `${pseudo.method} ${target} HTTP/1.1\r\nhost: ${authority}\r\n${lines}\r\n`;
}

/** The fields of a trailer section as lines; undefined = they are malformed. */
export function renderRequestTrailers(fields: readonly HeaderField[]): string | undefined {
  let lines = '';
  for (const field of fields) {
    if (field.kind === 'unread') inspect(field);
    if (field.kind === 'plain') lines += field.line;
    else if (field.kind !== 'special' || CONNECTION_FIELDS.has(field.name)) return undefined;
  }
  return lines;
}

/** Finds out what kind of field it is. A table keeps fields, so that most are looked at once for many requests. */
function inspect(field: HeaderField): void {
  const { name, value } = field;
  if (name.charCodeAt(0) === COLON) field.kind = 'pseudo';
  else if (!isFieldName(name)) field.kind = 'bad-name';
  else if (!isFieldValue(value)) field.kind = 'bad-value';
  else if (SPECIAL.has(name)) field.kind = 'special';
  else {
    field.kind = 'plain';
    field.line = `${name}: ${value}\r\n`;
  }
}

/** Each once, before all other fields, and none that is not of requests. */
function takePseudo(pseudo: Pseudo, name: string, value: string): RequestFault | undefined {
  if (value === '') return BAD_PSEUDO;
  switch (name) {
    case ':method':
      if (pseudo.method !== '') return BAD_PSEUDO;
      pseudo.method = value;
      return undefined;
    case ':path':
      if (pseudo.path !== '') return BAD_PSEUDO;
      pseudo.path = value;
      return undefined;
    case ':scheme':
      if (pseudo.scheme !== '') return BAD_PSEUDO;
      pseudo.scheme = value;
      return undefined;
    case ':authority':
      if (pseudo.authority !== '') return BAD_PSEUDO;
      pseudo.authority = value;
      return undefined;
    default:
      return BAD_PSEUDO;
  }
}

function targetOf({ method, scheme, path, authority }: Pseudo): string | RequestFault {
  if (method === '' || !isAll(method, TOKEN)) return BAD_METHOD;
  if (authority !== '' && !isAll(authority, TARGET)) return BAD_HOST;
  // There is no tunnel through a stream here, allowed or not.
  if (method === 'CONNECT') return CONNECT;
  const lower = scheme.toLowerCase();
  if (lower !== 'https' && lower !== 'http') return BAD_SCHEME;
  if (path === '*') return method === 'OPTIONS' ? path : BAD_PATH;
  if (path.charCodeAt(0) !== SLASH || !isAll(path, TARGET)) return BAD_PATH;
  return path;
}

function bad(reason: string): RequestFault {
  return { status: 400, reason };
}

const BAD_NAME = bad('bad header name');
const BAD_VALUE = bad('bad header value');
const BAD_PSEUDO = bad('bad pseudo-header field');
const BAD_METHOD = bad('bad :method');
const BAD_SCHEME = bad('bad :scheme');
const BAD_PATH = bad('bad :path');
const BAD_HOST = bad('bad :authority or host');
const NO_HOST = bad('no :authority');
const HOST_DIFFERS = bad('host differs from :authority');
const BAD_TE = bad('te may say trailers only');
const BAD_LENGTH = bad('bad content-length');
const BAD_CONNECTION = bad('a field that speaks of the connection');
const CONNECT: RequestFault = { status: 405, reason: 'CONNECT over HTTP/2' };
