// evenkeel/tracing with the SDK of OpenTelemetry: which spans there are, what they say, and what members and clients of the trace see.
import diagnostics from 'node:diagnostics_channel';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { createTracing, type TracingOptions } from '../../src/tracing/index.js';
import { ask, connectHttp, get, ok, post, startHttpMember } from '../support/http-peers.js';
import { answer, startHttp2Member } from '../support/http2-member.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { Stage } from '../support/tcp-peers.js';

const HTTP = { protocol: 'http' } as const;
const stage = new Stage();
afterEach(() => stage.close());

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const PARENT = `Traceparent: 00-${TRACE}-${SPAN}-01\r\n`;

/** Tracing to the end of the test. `spans(n)` waits for n spans, the oldest start first. */
function startTracing(options: TracingOptions = {}, settings: object = {}) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    ...settings,
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const tracing = createTracing({ tracerProvider, ...options });
  onTestFinished(() => tracing.close());
  const spans = async (count: number): Promise<ReadableSpan[]> => {
    await vi.waitUntil(() => exporter.getFinishedSpans().length >= count);
    const all = exporter.getFinishedSpans();
    expect(all).toHaveLength(count);
    return [...all].sort((a, b) => msOf(a.startTime) - msOf(b.startTime) || a.kind - b.kind);
  };
  return { tracing, spans, exporter };
}

const msOf = ([seconds, nanos]: readonly [number, number]): number => seconds * 1000 + nanos / 1e6;

describe('a traced request', () => {
  test('has a span, and one below it for its member, which is told of the latter', async () => {
    const { spans } = startTracing();
    const member = stage.add(await startHttpMember(() => ok('hello')));
    const { port, pool } = await stage.open([member], HTTP);
    await ask(port, post('12345', '/a/b?c=1&sig=secret&d=2', 'User-Agent: curl\r\n'));
    const [request, attempt] = await spans(2);
    expect(request).toMatchObject({ name: 'POST', kind: SpanKind.SERVER, status: { code: 0 } });
    expect(request?.parentSpanContext).toBeUndefined();
    expect(request?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'url.scheme': 'http',
      'url.path': '/a/b',
      'url.query': 'c=1&sig=REDACTED&d=2',
      'server.address': 'a.test',
      'client.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'curl',
      'http.request.body.size': 5,
      'http.response.status_code': 200,
      'evenkeel.frontend': 'front',
      'evenkeel.pool': pool.name,
      'evenkeel.member': pool.members[0]?.name,
      'evenkeel.tries': 1,
      'evenkeel.end': 'ok',
    });
    expect(attempt).toMatchObject({ name: 'POST', kind: SpanKind.CLIENT, status: { code: 0 } });
    expect(attempt?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(attempt?.attributes).toMatchObject({
      'server.address': '127.0.0.1',
      'server.port': member.port,
      'http.response.status_code': 200,
      'evenkeel.reused': false,
    });
    const { traceId, spanId } = attempt!.spanContext();
    expect(member.requests[0]?.headers.get('traceparent')).toBe(`00-${traceId}-${spanId}-01`);
    expect(member.requests[0]?.headers.has('tracestate')).toBe(false);
    expect(msOf(attempt!.startTime)).toBeGreaterThanOrEqual(msOf(request!.startTime));
    expect(msOf(attempt!.endTime)).toBeLessThanOrEqual(msOf(request!.endTime));
    expect(Math.abs(msOf(request!.startTime) - Date.now())).toBeLessThan(60_000);
  });

  test('goes on in the trace of its client, state and all', async () => {
    const { spans } = startTracing();
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    await ask(port, get('/', `${PARENT}Tracestate: a=1\r\nTracestate: b=2\r\n`));
    const [request, attempt] = await spans(2);
    expect(request?.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: SPAN });
    const { headers, head } = member.requests[0]!;
    const { spanId } = attempt!.spanContext();
    expect(headers.get('traceparent')).toBe(`00-${TRACE}-${spanId}-01`);
    expect(headers.get('tracestate')).toBe('a=1,b=2');
    expect(head.match(/^trace/gim)).toHaveLength(2);
  });

  test.each([
    ['link', [{ traceId: TRACE, spanId: SPAN }]],
    ['ignore', []],
  ] as const)(
    'begins a trace of its own when incoming ones are to be: %s',
    async (incoming, to) => {
      const { spans } = startTracing({ incoming });
      const member = stage.add(await startHttpMember(() => ok()));
      const { port } = await stage.open([member], HTTP);
      await ask(port, get('/', `${PARENT}Tracestate: a=1\r\n`));
      const [request] = await spans(2);
      expect(request?.parentSpanContext).toBeUndefined();
      expect(request?.spanContext().traceId).not.toBe(TRACE);
      expect(request?.links.map(({ context }) => context)).toMatchObject(to);
      // A state without its trace would be taken for that of ours.
      expect(member.requests[0]?.headers.has('tracestate')).toBe(false);
      expect(member.requests[0]?.head).not.toContain(TRACE);
    },
  );

  test('has a span for each member that was tried, and each hears of its own', async () => {
    const { spans } = startTracing();
    const heads: string[] = [];
    const failing = stage.add(
      await startHttpMember((request, peer) => {
        heads.push(request.head);
        peer.socket.resetAndDestroy();
      }),
    );
    const { port } = await stage.open(['127.0.0.1:1', failing], HTTP, {
      strategy: 'first',
      retries: { attempts: 1, backoff: 0 },
    });
    expect((await ask(port, get('/', PARENT))).status).toBe(502);
    const [request, refused, reset] = await spans(3);
    expect(refused?.attributes).toMatchObject({ 'error.type': 'connect-failed' });
    expect(refused?.attributes).not.toHaveProperty('http.request.resend_count');
    expect(reset?.attributes).toMatchObject({
      'error.type': 'reset',
      'http.request.resend_count': 1,
    });
    for (const span of [request, refused, reset]) {
      expect(span?.status.code).toBe(SpanStatusCode.ERROR);
      expect(span?.spanContext().traceId).toBe(TRACE);
    }
    expect(request?.attributes).toMatchObject({ 'error.type': '502', 'evenkeel.tries': 2 });
    expect(request?.status.message).toMatch(/^reset after 2 tries/);
    expect(heads[0]).toContain(`traceparent: 00-${TRACE}-${reset?.spanContext().spanId}-01`);
    expect(heads[0]?.match(/^traceparent/gim)).toHaveLength(1);
  });

  test('of a try that was answered with a status to be retried has that status', async () => {
    const { spans } = startTracing();
    const bad = stage.add(
      await startHttpMember(() => 'HTTP/1.1 503 Sorry\r\nContent-Length: 0\r\n\r\n'),
    );
    const good = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([bad, good], HTTP, {
      strategy: 'first',
      retries: { attempts: 1, on: ['503'], backoff: 0 },
    });
    expect((await ask(port, get())).status).toBe(200);
    const [request, first, second] = await spans(3);
    expect(first?.attributes).toMatchObject({
      'http.response.status_code': 503,
      'error.type': '503',
    });
    expect(second?.attributes).toMatchObject({ 'http.response.status_code': 200 });
    expect(request?.status.code).toBe(SpanStatusCode.UNSET);
  });

  test('that a rule answers has no member; one that could not be read neither', async () => {
    const { spans } = startTracing();
    const { port } = await stage.open([], {
      ...HTTP,
      routes: [{ match: { path: '/old' }, respond: { status: 410 } }],
    });
    await ask(port, get('/old/x'));
    await ask(port, 'BREW / HTTP/1.1\r\nHost: [::1]:81\r\n\r\n');
    await ask(port, 'GET / HTTP/1.1\r\n\r\n');
    const [gone, unknown, bad] = await spans(3);
    expect(gone).toMatchObject({ name: 'GET routes[0]', status: { code: SpanStatusCode.UNSET } });
    expect(gone?.attributes).toMatchObject({ 'http.response.status_code': 410 });
    expect(unknown?.name).toBe('HTTP');
    expect(unknown?.attributes).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'BREW',
      'server.address': '::1',
      'server.port': 81,
    });
    expect(bad?.attributes).toMatchObject({ 'http.response.status_code': 400 });
    expect(bad?.attributes).not.toHaveProperty('server.address');
  });

  test('that the client leaves is no fault of the member', async () => {
    const { spans } = startTracing();
    const member = stage.add(await startHttpMember(() => undefined));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    await vi.waitUntil(() => member.requests.length === 1);
    client.peer.socket.resetAndDestroy();
    const [request, attempt] = await spans(2);
    expect(request?.attributes).toMatchObject({ 'evenkeel.end': 'client-abort' });
    expect([request?.status.code, attempt?.status.code]).toEqual([0, 0]);
  });

  test('that becomes a tunnel ends with it', async () => {
    const { spans, exporter } = startTracing();
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    const member = stage.add(
      await startHttpMember(() => `HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\n`),
    );
    const { port, frontend } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get('/', upgrade));
    expect((await client.reply()).status).toBe(101);
    expect(exporter.getFinishedSpans()).toEqual([]);
    client.peer.socket.destroy();
    const [request, attempt] = await spans(2);
    expect(attempt?.attributes).toMatchObject({ 'http.response.status_code': 101 });
    expect(request?.attributes).not.toHaveProperty(['http.request.body.size']);
    expect(frontend.status().totals.answers['1xx']).toBe(1);
  });

  test('of HTTP/2 too, one for each stream', async () => {
    const { spans } = startTracing();
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...HTTP, http2: { cleartext: true } });
    const client = stage.add(await connectHttp2(port));
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    await Promise.all([1, 2, 3].map((i) => client.ask(`/${i}`, { headers: { traceparent } })));
    const all = await spans(6);
    const sent = member.requests.map(({ headers }) => headers.get('traceparent'));
    const tries = all.filter(({ kind }) => kind === SpanKind.CLIENT);
    expect(new Set(sent)).toEqual(
      new Set(tries.map((span) => `00-${TRACE}-${span.spanContext().spanId}-01`)),
    );
    expect(all[0]?.attributes).toMatchObject({ 'network.protocol.version': '2' });
  });

  test('with a large body goes out whole behind the changed head', async () => {
    const { spans } = startTracing();
    const member = stage.add(await startHttpMember(({ body }) => ok(`${body.length}`)));
    const { port } = await stage.open([member], HTTP);
    const body = 'traceparent: x\r\n\r\n'.repeat(20_000);
    expect((await ask(port, post(body, '/', PARENT))).body.toString()).toBe(`${body.length}`);
    await spans(2);
  });
});

describe('a member of HTTP/2', () => {
  test.each([
    ['HTTP/1.1', HTTP],
    ['HTTP/2', { ...HTTP, http2: { cleartext: true } }],
  ] as const)('is told of the span of its try, by clients of %s', async (version, front) => {
    const { spans } = startTracing();
    const member = stage.add(await startHttp2Member((stream) => answer(stream, 'ok')));
    const { port } = await stage.open([member.address], front, { http: { version: '2' } });
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    if (version === 'HTTP/1.1') await ask(port, get('/', PARENT));
    else {
      const client = stage.add(await connectHttp2(port));
      await client.ask('/', { headers: { traceparent } });
    }
    const [request, attempt] = await spans(2);
    expect(request?.parentSpanContext?.spanId).toBe(SPAN);
    expect(attempt?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(member.requests[0]?.['traceparent']).toBe(
      `00-${TRACE}-${attempt?.spanContext().spanId}-01`,
    );
  });
});

describe('tracing', () => {
  test('that is not sampled still goes on to members, without saying so', async () => {
    const { exporter } = startTracing({}, { sampler: new AlwaysOffSampler() });
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    await ask(port, get('/', PARENT));
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(member.requests[0]?.headers.get('traceparent')).toMatch(
      new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`),
    );
  });

  test('without an SDK lets headers pass as they came', async () => {
    const tracing = createTracing();
    onTestFinished(() => tracing.close());
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    await ask(port, get('/', `${PARENT}Tracestate: a=1\r\n`));
    const { headers } = member.requests[0]!;
    expect(headers.get('traceparent')).toBe(`00-${TRACE}-${SPAN}-01`);
    expect(headers.get('tracestate')).toBe('a=1');
  });

  test('is of one balancer, where it is told so', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const balancers = ['one', 'two'].map(
      (name) =>
        new Balancer({
          name,
          frontends: [{ name: 'public', ...HTTP, bind: '127.0.0.1:0', pool: 'web' }],
          pools: [{ name: 'web', members: [`127.0.0.1:${member.port}`] }],
        }),
    );
    const { spans } = startTracing({ balancer: balancers[0]! });
    for (const balancer of balancers) {
      stage.add(balancer);
      const addresses = await balancer.start();
      await ask(addresses['public']?.[0]?.port ?? 0, get());
    }
    const [request] = await spans(2);
    expect(request?.attributes).toMatchObject({ 'evenkeel.balancer': 'one' });
  });

  test('that is closed leaves nobody listening', () => {
    const { tracing } = startTracing();
    const channels = ['start', 'try', 'end'].map((name) =>
      diagnostics.channel(`evenkeel:request:${name}`),
    );
    expect(channels.map(({ hasSubscribers }) => hasSubscribers)).toEqual([true, true, true]);
    tracing.close();
    expect(channels.map(({ hasSubscribers }) => hasSubscribers)).toEqual([false, false, false]);
  });

  test('uses another propagator when it is given one', async () => {
    const { spans } = startTracing({
      propagator: {
        inject: (_context, carrier, setter) => setter.set(carrier, 'b3', '0'),
        extract: (context) => context,
        fields: () => ['b3', 'x-b3-traceid'],
      },
    });
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    await ask(port, get('/', `${PARENT}X-B3-TraceId: 1\r\n`));
    await spans(2);
    const { headers } = member.requests[0]!;
    expect(headers.get('b3')).toBe('0');
    expect(headers.has('x-b3-traceid')).toBe(false);
    expect(headers.get('traceparent')).toContain(TRACE);
  });
});
