// A frontend for clients that speak in frames, a member that says what it saw, and what may be expected of a fault.
import { once } from 'node:events';
import tls from 'node:tls';
import { expect, vi } from 'vitest';
import type { Frontend, FrontendOptions } from '../../src/frontend/frontend.js';
import { FrameClient, type Stream } from './frame-client.js';
import type { Field } from './hpack.js';
import { answerOk, type MemberSide, type RawRequest, ScriptedMember } from './raw-http.js';
import { ErrorCode } from './raw-http2.js';
import { Stage } from './tcp-peers.js';

/** The stream of the sound request that follows a case. */
const PROBE = 0x10001;

/** A client of an arena; its requests are told apart by its name. */
export interface Fighter extends FrameClient {
  /** First segment of the paths of all its requests. */
  readonly name: string;
  /** The next probe has this stream. */
  probe: number;
}

/** One frontend, one member and many clients. */
export class FrameArena {
  readonly member: ScriptedMember;
  readonly port: number;
  readonly frontend: Frontend;
  readonly #stage: Stage;
  readonly #clients: Fighter[] = [];
  readonly #held: Map<string, () => void> = new Map();
  #count = 0;

  private constructor(stage: Stage, member: ScriptedMember, port: number, frontend: Frontend) {
    this.#stage = stage;
    this.member = member;
    this.port = port;
    this.frontend = frontend;
    member.script = (request, side) => this.#serve(request, side);
  }

  /** @param most - requests that the member takes at a time; others wait in the queue */
  static async start(options: Partial<FrontendOptions> = {}, most = 10_000): Promise<FrameArena> {
    const stage = new Stage();
    const member = stage.add(await ScriptedMember.start());
    const address = `127.0.0.1:${member.port}`;
    const { port, frontend } = await stage.open(
      [address],
      { protocol: 'http', http2: { cleartext: true }, ...options },
      { members: [{ address, maxConnections: most }], queue: { max: 1000, timeout: 60_000 } },
    );
    return new FrameArena(stage, member, port, frontend);
  }

  /** A connection that has begun with its preface and SETTINGS. */
  async client(...settings: readonly (readonly [number, number])[]): Promise<Fighter> {
    return this.#name(await FrameClient.connect(this.port, ...settings));
  }

  /** A connection on which nothing was sent. */
  async silent(): Promise<Fighter> {
    return this.#name(await FrameClient.open(this.port));
  }

  /** As `silent`, over TLS with ALPN h2. */
  async secure(ca: string): Promise<Fighter> {
    const options = { host: '127.0.0.1', port: this.port, ca, servername: 'a.test' };
    const socket = tls.connect({ ...options, ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    return this.#name(new FrameClient(socket));
  }

  #name(client: FrameClient): Fighter {
    const fighter = Object.assign(client, { name: `c${this.#count++}`, probe: PROBE });
    this.#clients.push(fighter);
    return fighter;
  }

  /** Requests of a client that reached the member whole, without those of the probes: `GET /a body`. */
  seen({ name }: Fighter): string[] {
    const prefix = `/${name}/`;
    return this.member.requests
      .filter(({ target }) => target.startsWith(prefix) && !target.endsWith('/probe'))
      .map(({ method, target, body }) =>
        `${method} /${target.slice(prefix.length)} ${body}`.trimEnd(),
      );
  }

  /** What the member got of a client's request, whole. */
  request({ name }: Fighter, path: string): RawRequest {
    const found = this.member.requests.find(({ target }) => target === `/${name}${path}`);
    if (found === undefined) throw new Error(`the member did not see ${path}`);
    return found;
  }

  /** Lets an answer go that is held: of `/wait` paths. */
  async release({ name }: Fighter, path: string): Promise<void> {
    const key = `/${name}${path}`;
    await vi.waitUntil(() => this.#held.has(key), { interval: 2, timeout: 10_000 });
    this.#held.get(key)!();
  }

  /** After each case: no client saw what it may not see, and the member could read all it got. */
  check(): void {
    const clients = this.#clients.splice(0);
    for (const client of clients) void client.close();
    expect(clients.flatMap(({ wrongs }) => wrongs)).toEqual([]);
    expect(this.member.faults).toEqual([]);
    for (const { target } of this.member.requests) expect(target).toMatch(/^\/c\d+\//);
    this.member.forget();
  }

  /** Nothing of any connection stays behind; then everything ends. */
  async close(): Promise<void> {
    try {
      const active = (): number => this.frontend.status().active;
      await vi.waitUntil(() => active() === 0, { interval: 5, timeout: 10_000 });
    } finally {
      await this.#stage.close();
    }
  }

  /** `/echo` sends the body back, `/big/N` N bytes, `/wait...` nothing before it is released; all others a short text. */
  #serve({ target, body }: RawRequest, side: MemberSide): string | undefined {
    const [, , what = '', size = ''] = target.split('/');
    if (what === 'echo') return answerOk(body);
    if (what === 'big') return answerOk('b'.repeat(Number(size)));
    if (what.startsWith('wait')) {
      this.#held.set(target, () => side.send(answerOk('released')));
      return undefined;
    }
    return answerOk('ok');
  }
}

/** The fields of a request to a path of a client. */
export function asks(
  { name }: Fighter,
  path = '/a',
  method = 'GET',
  ...more: readonly Field[]
): Field[] {
  return [
    [':method', method],
    [':scheme', 'http'],
    [':path', `/${name}${path}`],
    [':authority', 'a.test'],
    ...more,
  ];
}

/** A sound request is answered on the same connection. */
export async function expectGood(client: Fighter): Promise<void> {
  const stream = client.probe;
  client.probe += 2;
  client.open(stream, asks(client, '/probe'));
  if (client.expect(stream).window < 100) client.grant(stream, 100);
  const { status, body, reset } = await client.ended(stream);
  expect({ status, reset, text: Buffer.concat(body).toString() }).toEqual({
    status: 200,
    reset: undefined,
    text: 'ok',
  });
}

/** A request is answered whole. */
export async function expectAnswer(client: Fighter, stream: number, text = 'ok'): Promise<Stream> {
  const answer = await client.ended(stream);
  const { status, reset, hasEnded } = answer;
  expect({ status, reset, hasEnded }).toEqual({ status: 200, reset: undefined, hasEnded: true });
  expect(Buffer.concat(answer.body).toString('latin1')).toBe(text);
  return answer;
}

/** The connection ends with one of those codes (RFC 9113 5.4.1). What goes on would be answered. */
export async function expectConnectionError(client: Fighter, ...codes: number[]): Promise<void> {
  const stream = client.probe;
  client.open(stream, asks(client, '/probe'));
  const { hasEnded } = await client.until('a connection error', () => {
    const probe = client.expect(stream);
    return client.isClosed || probe.hasEnded ? probe : undefined;
  });
  expect({ isServed: hasEnded, code: client.goaway?.code }).toEqual({
    isServed: false,
    code: codes.includes(client.goaway?.code ?? -1) ? client.goaway?.code : codes,
  });
}

/** Which error a stream has: its own, or (what every endpoint may do, RFC 9113 5.4.2) the connection's. */
export async function expectStreamError(
  client: Fighter,
  stream: number,
  ...codes: number[]
): Promise<void> {
  const probe = client.probe;
  client.open(probe, asks(client, '/probe'));
  client.probe += 2;
  const known = client.expect(stream);
  await client.until(`an error of stream ${stream}`, () =>
    client.isClosed || (known.reset !== undefined && client.expect(probe).hasEnded)
      ? true
      : undefined,
  );
  const code = known.reset ?? client.goaway?.code ?? -1;
  expect(code).toBe(codes.includes(code) ? code : codes);
  if (known.reset === undefined) return;
  expect(client.expect(probe).status).toBe(200);
  await expectGood(client);
}

/** A malformed request: 400 as docs/http2.md says, or a reset (RFC 9113 8.1.1); the connection goes on. @returns the status */
export async function expectMalformed(
  client: Fighter,
  stream: number,
  ...statuses: number[]
): Promise<number> {
  const { status, reset } = await client.ended(stream);
  if (status === 0) expect(reset).toBe(ErrorCode.protocol);
  else expect(statuses.length === 0 ? [400] : statuses).toContain(status);
  await expectGood(client);
  return status;
}
