// Values of X-Forwarded-* and of Forwarded (RFC 7239): text in, text out.

const TOKEN_TEXT = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a balancer tells the member about the request it took. */
export interface ForwardedElement {
  /** Client address without port. */
  readonly for: string;
  readonly proto: 'http' | 'https';
  /** Host as the client sent it, with its port; absent = the client sent none. */
  readonly host?: string;
  /** Address the client connected to. */
  readonly by?: string;
}

/** A node of RFC 7239 6: `192.0.2.1`, `"[2001:db8::1]"`. */
export function renderNode(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}

/** A parameter's value: a token as it is, anything else quoted (RFC 7239 4). */
export function renderParameter(value: string): string {
  return TOKEN_TEXT.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** One element: `for=192.0.2.1;proto=http;host="a:8080"`. */
export function renderForwarded(element: ForwardedElement): string {
  let text = `for=${renderNode(element.for)};proto=${element.proto}`;
  if (element.host !== undefined) text += `;host=${renderParameter(element.host)}`;
  if (element.by !== undefined) text += `;by=${renderNode(element.by)}`;
  return text;
}

/** Whether a quoted text in it has no end: what is appended would become a part of it. */
export function hasOpenQuote(value: string): boolean {
  let isQuoted = false;
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '"') isQuoted = !isQuoted;
    else if (isQuoted && value[i] === '\\') i++;
  }
  return isQuoted;
}

/** Appends our element to what a trusted peer sent; an empty value counts as none. */
export function appendElement(received: string | undefined, element: string): string {
  const before = received?.trim() ?? '';
  return before === '' ? element : `${before}, ${element}`;
}
