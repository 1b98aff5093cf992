// The ways in which the servers behind may read a path: decoded or not, `//` as `/`, dot segments resolved, cut at a NUL.

const SLASH = 47;
const PERCENT = 37;
const DOT = 46;
const SEMICOLON = 59;
const BACKSLASH = 92;

/** How one kind of server reads a path. */
interface Reading {
  /** Which encoded characters are decoded: those that never need it, all printable ones, or these but slashes. */
  readonly decodes: 'unreserved' | 'all' | 'all-but-slashes';
  /** `\` is `/`. */
  readonly backslashes: boolean;
  /** `a;b=1/` is `a/`. */
  readonly cutsParameters: boolean;
  /** `//` is `/`. */
  readonly mergesSlashes: boolean;
  /** `/a/../b` is `/b`. */
  readonly resolvesDots: boolean;
}

/** URL parsers (RFC 3986 6.2.2, WHATWG). */
const AS_URL: Reading = {
  decodes: 'unreserved',
  backslashes: true,
  cutsParameters: false,
  mergesSlashes: false,
  resolvesDots: true,
};
/** Frameworks that decode and leave it at that. */
const DECODED: Reading = {
  decodes: 'all',
  backslashes: false,
  cutsParameters: false,
  mergesSlashes: false,
  resolvesDots: false,
};
/** File servers: nginx, Apache, Go's path.Clean. */
const AS_FILE: Reading = {
  decodes: 'all',
  backslashes: true,
  cutsParameters: false,
  mergesSlashes: true,
  resolvesDots: true,
};
/** The same where an encoded slash is no slash (Apache's AllowEncodedSlashes NoDecode). */
const AS_FILE_NAME: Reading = { ...AS_FILE, decodes: 'all-but-slashes' };
/** Servlet containers: what stands behind a semicolon is no part of the path. */
const AS_SERVLET: Reading = { ...AS_FILE, cutsParameters: true };

/** Hexadecimal digits that decode to nothing one could write plainly, in capitals: `%C3`, `%20`, `%3F`. */
function isPlainEscape(path: string, at: number): boolean {
  const high = hexValue(path.charCodeAt(at + 1));
  const low = hexValue(path.charCodeAt(at + 2));
  if (high < 0 || low < 0) return true;
  const byte = high * 16 + low;
  return (
    byte !== 0 &&
    byte !== PERCENT &&
    !isWritable(byte) &&
    isCapital(path, at + 1) &&
    isCapital(path, at + 2)
  );
}

function isCapital(path: string, at: number): boolean {
  return path.charCodeAt(at) < 97;
}

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Visible ASCII that can stand in a path and does not end it. */
function isWritable(byte: number): boolean {
  return byte > 32 && byte < 127 && byte !== 35 && byte !== 63 && byte !== PERCENT;
}

function isUnreserved(byte: number): boolean {
  if (byte >= 48 && byte <= 57) return true;
  const letter = byte | 32;
  if (letter >= 97 && letter <= 122) return true;
  return byte === 45 || byte === DOT || byte === 95 || byte === 126;
}

/** Whether everybody reads this path in the same way. One pass, allocates nothing. */
export function isPlainPath(path: string): boolean {
  let before = 0;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    switch (code) {
      case SLASH:
        if (before === SLASH) return false;
        break;
      case PERCENT:
        if (!isPlainEscape(path, i)) return false;
        break;
      case DOT:
        if (before === SLASH && isDotSegment(path, i)) return false;
        break;
      case SEMICOLON:
      case BACKSLASH:
        return false;
      default:
    }
    before = code;
  }
  return true;
}

/** Whether the segment at `start` is `.` or `..`; what is encoded in it is found elsewhere. */
function isDotSegment(path: string, start: number): boolean {
  const end = path.charCodeAt(start + 1) === DOT ? start + 2 : start + 1;
  return end === path.length || path.charCodeAt(end) === SLASH;
}

/**
 * The other ways in which servers may read `path`, each once; none for a plain path.
 * Linear in its length. What is left encoded has capital digits.
 */
export function otherReadings(path: string): readonly string[] {
  if (path.charCodeAt(0) !== SLASH || isPlainPath(path)) return [];
  const readings = new Set<string>();
  addReadings(path, readings);
  addCut(path, readings);
  // Decoded twice, by two servers one behind the other.
  if (path.includes('%25')) {
    const decoded = path.replaceAll('%25', '%');
    readings.add(read(decoded, AS_SERVLET));
    addCut(decoded, readings);
  }
  readings.delete(path);
  return [...readings];
}

/** What C takes for the end of a text ends the path for servers that decode first. */
function addCut(path: string, readings: Set<string>): void {
  const end = path.indexOf('%00');
  if (end < 0) return;
  const cut = path.slice(0, end);
  readings.add(cut);
  addReadings(cut, readings);
}

function addReadings(path: string, readings: Set<string>): void {
  for (const reading of [AS_URL, DECODED, AS_FILE, AS_FILE_NAME]) readings.add(read(path, reading));
  if (path.includes(';') || /%3b/i.test(path)) readings.add(read(path, AS_SERVLET));
}

/** Written into by {@link read}; grows to the longest path read, which is no longer than a head may be. */
let bytes: Buffer = Buffer.alloc(1024);

/** `path` as a server of this kind reads it. It begins with a slash. */
function read(path: string, reading: Reading): string {
  if (bytes.length < path.length + 2) bytes = Buffer.alloc(path.length * 2);
  const { decodes, backslashes, cutsParameters, mergesSlashes, resolvesDots } = reading;
  const out = bytes;
  let length = 0;
  /** Where the segment begins that is being written: behind its slash. */
  let start = 0;
  let isCut = false;
  for (let i = 0; i <= path.length; i++) {
    const isEnd = i === path.length;
    let code = isEnd ? SLASH : path.charCodeAt(i);
    if (code === PERCENT) {
      const decoded = decodedAt(path, i);
      if (decoded >= 0) {
        if (decodes === 'unreserved' ? isUnreserved(decoded) : isDecoded(decoded, decodes)) {
          code = decoded;
        } else {
          if (!isCut) {
            out[length++] = PERCENT;
            out[length++] = capital(path.charCodeAt(i + 1));
          }
          code = capital(path.charCodeAt(i + 2));
        }
        i += 2;
      }
    }
    if (code === BACKSLASH && backslashes) code = SLASH;
    if (code === SEMICOLON && cutsParameters) isCut = true;
    if (code !== SLASH) {
      if (!isCut) out[length++] = code;
      continue;
    }
    isCut = false;
    const size = length - start;
    if (resolvesDots && size > 0 && size < 3 && out[start] === DOT && out[length - 1] === DOT) {
      length = size === 1 ? start : parentOf(out, start);
      start = length;
      continue;
    }
    if (isEnd || (mergesSlashes && size === 0 && length > 0)) continue;
    out[length++] = SLASH;
    start = length;
  }
  return out.toString('latin1', 0, length);
}

function isDecoded(byte: number, decodes: 'all' | 'all-but-slashes'): boolean {
  if (decodes === 'all-but-slashes' && (byte === SLASH || byte === BACKSLASH)) return false;
  return isWritable(byte);
}

/** The byte that `%XX` at `at` stands for; -1 if that is no escape. */
function decodedAt(path: string, at: number): number {
  const high = hexValue(path.charCodeAt(at + 1));
  const low = hexValue(path.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function capital(code: number): number {
  return code >= 97 ? code - 32 : code;
}

/** Where the segment before the one at `start` begins; the root has no parent. */
function parentOf(out: Uint8Array, start: number): number {
  let at = start - 1;
  while (at > 0 && out[at - 1] !== SLASH) at--;
  return at > 0 ? at : Math.min(1, start);
}
