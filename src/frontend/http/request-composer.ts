// Makes the request that is forwarded out of the one that was received, in the buffer where it lies.

import type { RequestCookie } from '../../sticky/request-cookie.js';
import { latin1 } from '../../upstream/latin1.js';
import { appendLines, applyEdits, decrementMaxForwards } from '../../wire/http1/edit.js';
import { removeFields } from '../../wire/http1/remove-fields.js';
import { Method, type RequestHead } from '../../wire/http1/request-record.js';
import type { ClientConnection } from '../handler.js';
import type { ForwardedLines } from './forwarded-lines.js';
import { HeadLines, line } from './head-lines.js';
import type { HttpSettings } from './http-settings.js';
import { renderLines } from './policy/head-changes.js';
import { allowedUpgrade, isIdempotent } from './request-rules.js';
import type { RequestState } from './request-state.js';
import { takeCookie } from './sticky-lines.js';

/** Head and first body bytes up to this size leave as one string. */
const TEXT_BYTES = 16_384;

/** Methods that ask and change nothing, and whose answers caches may keep. */
const SAFE: ReadonlySet<number> = new Set([Method.GET, Method.HEAD, Method.OPTIONS]);

/** Fills in what the head says of the request. */
export function describeRequest(
  request: RequestState,
  head: RequestHead,
  bytes: Buffer,
  settings: HttpSettings,
): void {
  request.minor = head.minor;
  request.isHead = head.method === Method.HEAD;
  request.isConnect = head.method === Method.CONNECT;
  request.isIdempotent = isIdempotent(head.method);
  request.isSafe = SAFE.has(head.method);
  request.cookies = undefined;
  request.expectsContinue = head.expectsContinue;
  request.upgrade = head.upgradeStart < 0 ? '' : allowedUpgrade(head, bytes, settings);
  request.declaredBytes = Math.max(0, head.contentLength);
}

/** What goes into the composition of a request besides its head. */
export interface Composition {
  readonly settings: HttpSettings;
  readonly forwarded: ForwardedLines;
  readonly client: ClientConnection;
  /** The member is told to close after its answer. */
  closesMember: boolean;
  /** The sticky cookie of the request's pool: not for the member. */
  cookie: RequestCookie | undefined;
}

/**
 * Edits the head, sets `request.text`, and returns where in `bytes` the body bytes begin that are not in it.
 * @param dataEnd - end of the body bytes that came with the head
 * @param tail - what follows them ({@link BodyReader.tail})
 */
export function composeRequest(
  request: RequestState,
  head: RequestHead,
  bytes: Buffer,
  data: { end: number; tail: string },
  parts: Composition,
): number {
  let lines = parts.forwarded.linesFor(parts.settings, head, bytes);
  if (needsMoreLines(request, head, parts)) {
    lines = Buffer.concat([lines, moreLines(request, head, bytes, parts)]);
  }
  const { decision } = request;
  if (decision !== undefined && !decision.request.isEmpty) {
    removeFields(bytes, head, decision.request.removed);
    lines = Buffer.concat([lines, Buffer.from(renderLines(decision.request), 'latin1')]);
  }
  if (parts.cookie !== undefined) takeCookie(request, head, bytes, parts.cookie);
  if (head.maxForwards > 0) countForwards(head, bytes);
  const bodyStart = head.end;
  const start = applyEdits(bytes, head);
  const size = data.end - start + lines.length;
  if (size <= TEXT_BYTES && data.end + lines.length <= bytes.length) {
    const end = appendLines(bytes, head, data.end, lines);
    request.text = latin1(bytes, start, end) + data.tail;
    if (decision !== undefined && decision.target !== '') aimAt(request, decision.target);
    return -1;
  }
  request.text = `${latin1(bytes, start, bodyStart - 2)}${lines.toString('latin1')}\r\n`;
  if (decision !== undefined && decision.target !== '') aimAt(request, decision.target);
  return bodyStart;
}

/** Gives the composed request another target. */
function aimAt(request: RequestState, target: string): void {
  const { text } = request;
  const method = text.slice(0, text.indexOf(' '));
  request.text = `${method} ${target} HTTP/1.1${text.slice(text.indexOf('\r\n'))}`;
}

function needsMoreLines(request: RequestState, head: RequestHead, parts: Composition): boolean {
  const { isChunked, hasHostLine, takesTrailers } = head;
  return isChunked || !hasHostLine || takesTrailers || request.upgrade !== '' || parts.closesMember;
}

/** Whether the policy writes a Host in the place of the one that came, or did not come. */
function setsHost({ decision }: RequestState): boolean {
  return decision?.request.removed.includes('host') === true;
}

function moreLines(
  request: RequestState,
  head: RequestHead,
  bytes: Buffer,
  parts: Composition,
): Buffer {
  const lines: Buffer[] = [];
  if (!head.hasHostLine && !setsHost(request))
    lines.push(line(`Host: ${hostOf(head, bytes, parts.client)}`));
  if (head.isChunked) lines.push(HeadLines.chunked);
  // TE without it means nothing (RFC 9110 10.1.4).
  const te = head.takesTrailers ? ', TE' : '';
  if (request.upgrade !== '')
    lines.push(line(`Connection: Upgrade${te}`, `Upgrade: ${request.upgrade}`));
  else if (parts.closesMember)
    lines.push(te === '' ? HeadLines.close : line(`Connection: close${te}`));
  else if (te !== '') lines.push(HeadLines.te);
  return Buffer.concat(lines);
}

/** The host of a request without Host line (HTTP/1.0): from its target, else the address it came to. */
function hostOf(head: RequestHead, bytes: Buffer, client: ClientConnection): string {
  if (head.hostStart >= 0) return latin1(bytes, head.hostStart, head.hostEnd);
  const { destination, destinationPort } = client;
  const host = destination.includes(':') ? `[${destination}]` : destination;
  const ownPort = client.tls === undefined ? 80 : 443;
  return destinationPort === ownPort ? host : `${host}:${destinationPort}`;
}

/** Max-Forwards means something for OPTIONS and TRACE only (RFC 9110 7.6.2). */
function countForwards(head: RequestHead, bytes: Buffer): void {
  if (head.method === Method.OPTIONS || head.method === Method.TRACE) {
    decrementMaxForwards(bytes, head);
  }
}
