// Mutation fuzzing of the HTTP/1.1 parser and of a live balancer. Usage:
//   npm run fuzz -- [--seconds 60] [--seed N] [--only parser|requests|responses|http2] [--verbose]
// The same seed gives the same inputs. Prints seed, runs and findings; exits 1 on a finding.
//
// parser     every mutated request, response and chunked body: no exception, one verdict however it is split, and what is
//            forwarded is read alike by an independent strict reader
// requests   mutated requests through a live balancer in a child process: the member never sees a request that is not the
//            next of those the parser reads, what it sees is read alike by node:http, every connection is answered or closed
// responses  mutated answers of the member: the next answer on the client's connection is the next request's, or none
// http2      mutated frames: the member never sees a request that is not one of those that an independent reader of frames
//            and HPACK finds, what it sees is read alike by node:http, the connection ends, the next client is served
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Duplex } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const LIMITS = { headerBytes: 16_384, headers: 100 };
/** A connection that has not been answered or closed by then hangs. */
const HANG_MS = 15_000;
/** Resident memory of the balancer after all that. */
const MAX_RSS = 512 * 1024 * 1024;

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};

// --- the balancer under fire

async function runChild(folder) {
  const { Balancer } = await import(pathToFileURL(path.join(folder, 'parts.mjs')).href);
  const [memberPort] = await once(process, 'message');
  const balancer = new Balancer({
    name: 'fuzz',
    frontends: [
      { name: 'web', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'app' },
      {
        name: 'frames',
        protocol: 'http',
        bind: ['127.0.0.1:0'],
        pool: 'app',
        http2: { cleartext: true },
      },
    ],
    pools: [{ name: 'app', members: [`127.0.0.1:${memberPort}`], http: { reuse: 'always' } }],
  });
  const addresses = await balancer.start();
  process.on('message', () => process.send({ rss: process.memoryUsage().rss }));
  process.send({ port: addresses.web[0].port, framesPort: addresses.frames[0].port });
}

// --- the fuzzer

async function runParent() {
  const seconds = Number(option('seconds', '60'));
  const seed = Number(option('seed', String(Date.now() % 2 ** 31)));
  const only = option('only', '');
  const folder = path.join(ROOT, 'node_modules/.cache/evenkeel-fuzz', String(process.pid));
  mkdirSync(folder, { recursive: true });
  let findings = [];
  try {
    const parts = await bundle(folder);
    const kinds = ['parser', 'requests', 'responses', 'http2'].filter(
      (kind) => only === '' || only === kind,
    );
    console.log(`fuzz: seed ${seed}, ${seconds} s, ${kinds.join(', ')}`);
    for (const kind of kinds) {
      const run = {
        kind,
        parts,
        folder,
        seed,
        untilMs: Date.now() + (seconds * 1000) / kinds.length,
      };
      const result = kind === 'parser' ? fuzzParser(run) : await fuzzLive(run);
      findings = findings.concat(result.findings);
      console.log(
        `fuzz: ${kind}: ${result.runs} runs, ${result.accepted} accepted, ${result.findings.length} findings`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const { kind, what, input } of findings.slice(0, 20)) {
    console.log(
      `\nFINDING (${kind}, seed ${seed}): ${what}\n  ${JSON.stringify(input).slice(0, 3000)}`,
    );
  }
  console.log(`\nfuzz: seed ${seed}: ${findings.length} findings`);
  process.exit(findings.length === 0 ? 0 : 1);
}

async function bundle(folder) {
  const from = (file) => JSON.stringify(path.join(ROOT, file));
  const entry = path.join(folder, 'parts.ts');
  writeFileSync(
    entry,
    [
      `export { Balancer } from ${from('src/balancer/balancer.ts')};`,
      `export * from ${from('src/wire/http1/request-head.ts')};`,
      `export * from ${from('src/wire/http1/response-head.ts')};`,
      `export * from ${from('src/wire/http1/body.ts')};`,
      `export * from ${from('src/wire/http1/edit.ts')};`,
      `export * from ${from('test/support/raw-http.ts')};`,
      `export * from ${from('test/support/frame-corpus.ts')};`,
      `export { FrameClient } from ${from('test/support/frame-client.ts')};`,
      `export * from ${from('test/integration/http-strict/cases/requests.ts')};`,
      `export * from ${from('test/integration/http-strict/cases/responses.ts')};`,
      `export * from ${from('test/integration/http-strict/cases/chunked.ts')};`,
    ].join('\n'),
  );
  await build({
    entry: { parts: entry },
    format: ['esm'],
    outExtension: () => ({ js: '.mjs' }),
    outDir: folder,
    platform: 'node',
    target: 'node20',
    silent: true,
    config: false,
    clean: false,
    tsconfig: path.join(ROOT, 'tsconfig.json'),
  });
  return import(pathToFileURL(path.join(folder, 'parts.mjs')).href);
}

// --- inputs

/** mulberry32: small, seeded, good enough to choose mutations. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** Pieces that have broken parsers before. */
const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '"',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x80',
  '\xa0',
  '\xff',
  '_',
  '-',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Content-Length:\t7\r\n',
  'Host: b\r\n',
  'Connection: close\r\n',
  'Connection: content-length\r\n',
  'Expect: 100-continue\r\n',
  'Upgrade: websocket\r\nConnection: upgrade\r\n',
  'chunked',
  'identity',
  ' HTTP/1.0',
  ' HTTP/1.1',
  'HEAD ',
  'GET ',
  'http://a',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  '0\r\n',
  '5;a=b\r\n',
  '0\r\nX: 1\r\n\r\n',
  'ffffffffffffffff\r\n',
  '\r\n\r\n',
  'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
  'HTTP/1.1 100 Continue\r\n\r\n',
  '204',
  '304',
  '101',
];

function mutate(text, random, corpus) {
  let result = text;
  for (let k = random(4); k > 0; k--) {
    const at = random(result.length + 1);
    const to = Math.min(result.length, at + random(random(8) === 0 ? 200 : 4));
    switch (random(7)) {
      case 0:
        result = result.slice(0, at) + String.fromCharCode(random(256)) + result.slice(at + 1);
        break;
      case 1:
        result = result.slice(0, at) + PIECES[random(PIECES.length)] + result.slice(at);
        break;
      case 2:
        result = result.slice(0, at) + result.slice(to);
        break;
      case 3:
        result = result.slice(0, to) + result.slice(at);
        break;
      case 4: {
        const other = corpus[random(corpus.length)];
        result = result.slice(0, at) + other.slice(random(other.length));
        break;
      }
      case 5:
        result = result.slice(0, at) + PIECES[random(PIECES.length)] + result.slice(to);
        break;
      default: {
        const lines = result.split('\r\n');
        const a = random(lines.length);
        const b = random(lines.length);
        [lines[a], lines[b]] = [lines[b], lines[a]];
        result = lines.join('\r\n');
      }
    }
  }
  return result.slice(0, 40_000);
}

const POST = 'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

const BODILESS = [
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nbytes',
  'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\n\r\nuntil the end',
];

/** What the mutations start from: good messages twice as often as bad ones, for a bad one mostly stays bad. */
function corpora(parts) {
  const short = (cases) => cases.filter(({ bytes }) => bytes.length < 2000);
  const spread = (cases, isGood, render) => {
    const good = short(cases).filter(isGood).map(render);
    const bad = short(cases)
      .filter((item) => !isGood(item))
      .map(render);
    const times = Math.ceil((2 * bad.length) / good.length);
    return [...bad, ...Array.from({ length: times }, () => good).flat()];
  };
  const { REQUEST_CASES, RESPONSE_CASES, CHUNKED_CASES } = parts;
  const isChunkedGood = ({ forwarded }) => forwarded !== undefined;
  return {
    requests: [
      ...spread(
        REQUEST_CASES,
        ({ status }) => status === 0,
        ({ bytes }) => bytes,
      ),
      ...spread(CHUNKED_CASES, isChunkedGood, ({ bytes }) => POST + bytes),
    ],
    responses: [
      ...spread(
        RESPONSE_CASES,
        ({ isAccepted }) => isAccepted,
        ({ bytes }) => bytes,
      ),
      ...spread(CHUNKED_CASES, isChunkedGood, ({ bytes }) => ANSWER + bytes),
      ...Array.from({ length: 10 }, () => BODILESS).flat(),
    ],
  };
}

// --- what the parser reads

/** Parses `bytes[from..to)`, cut at random places: every prefix must be unfinished or have the verdict of the whole. */
function parseSplit(parse, text, random) {
  const whole = parse(text);
  for (let k = 0; k < 4; k++) {
    const prefix = parse(text.slice(0, random(text.length + 1)));
    if (prefix.result !== 0 && (prefix.result !== whole.result || prefix.status !== whole.status)) {
      throw new Error(
        `a prefix says ${prefix.result}/${prefix.status}, the whole ${whole.result}/${whole.status}`,
      );
    }
  }
  return whole;
}

/** The message as it is forwarded and how many bytes it took; undefined = refused or unfinished. */
function render(parts, head, bytes, length, open) {
  const body = new parts.BodyReader();
  const { BodyMode } = parts;
  if (head.hasNoBody || open) body.start(BodyMode.none);
  else if (head.isChunked) body.start(BodyMode.chunked);
  else body.start(head.contentLength >= 0 ? BodyMode.length : BodyMode.none, head.contentLength);
  const end = body.feed(bytes, head.end, length);
  if (end < 0 || !body.isDone) return undefined;
  const extra =
    (head.hasHostLine === false ? 'Host: added\r\n' : '') +
    (head.isChunked && !open ? 'Transfer-Encoding: chunked\r\n' : '');
  const payload = bytes.toString('latin1', head.end, body.keptEnd) + body.tail;
  const start = parts.applyEdits(bytes, head);
  return { text: `${bytes.toString('latin1', start, head.end - 2)}${extra}\r\n${payload}`, end };
}

function place(text) {
  const bytes = Buffer.alloc(text.length + 1);
  bytes.write(text, 'latin1');
  return bytes;
}

function fuzzParser({ kind, parts, seed, untilMs }) {
  const random = randomFrom(seed);
  const { requests, responses } = corpora(parts);
  const result = { runs: 0, accepted: 0, findings: [] };
  const parseRequest = (text) => {
    const head = new parts.RequestHead();
    const bytes = place(text);
    const verdict = parts.parseRequestHead(head, bytes, 0, text.length, LIMITS);
    return { result: verdict, status: head.status, head, bytes };
  };
  const parseResponse = (text) => {
    const head = new parts.ResponseHead();
    const bytes = place(text);
    const verdict = parts.parseResponseHead(head, bytes, 0, text.length, false, LIMITS);
    return { result: verdict, status: verdict === 1 ? head.status : 0, head, bytes };
  };
  while (Date.now() < untilMs && result.findings.length < 20) {
    const isRequest = random(2) === 0;
    const corpus = isRequest ? requests : responses;
    const input = mutate(corpus[random(corpus.length)], random, corpus);
    result.runs++;
    try {
      const {
        result: verdict,
        head,
        bytes,
      } = parseSplit(isRequest ? parseRequest : parseResponse, input, random);
      if (verdict !== 1) continue;
      const target = isRequest ? parts.requestPath(bytes, head) : '';
      const rendered = render(parts, head, bytes, input.length, head.isUntilClose === true);
      if (rendered === undefined) continue;
      result.accepted++;
      const read = isRequest
        ? parts.readRequest(rendered.text, 0)
        : parts.readResponse(rendered.text, 0, { isHead: false, isEnded: true });
      if (read === undefined) throw new Error('what is forwarded is not whole');
      if (read.end !== rendered.text.length)
        throw new Error('what is forwarded has something behind it');
      if (isRequest && read.message.target !== target)
        throw new Error(`target ${read.message.target}, not ${target}`);
    } catch (error) {
      result.findings.push({ kind, what: String(error.stack ?? error), input });
    }
  }
  return result;
}

// --- live

/** The requests that may reach a member of those in `text`, read one after the other as the balancer should. */
function expected(parts, text) {
  const found = [];
  let rest = text;
  for (;;) {
    const head = new parts.RequestHead();
    const bytes = place(rest);
    if (parts.parseRequestHead(head, bytes, 0, rest.length, LIMITS) !== 1) return found;
    const target = parts.requestPath(bytes, head);
    const closes = head.wantsClose || (head.minor === 0 && !head.wantsKeepAlive);
    const rendered = render(parts, head, bytes, rest.length, false);
    if (rendered === undefined) return found;
    found.push(
      `${rendered.text.slice(0, rendered.text.indexOf(' '))} ${target} ${parts.readRequest(rendered.text, 0).message.body}`,
    );
    if (closes) return found;
    rest = rest.slice(rendered.end);
  }
}

/** What Node's parser reads from the bytes of one member connection. */
async function readWithNode(text) {
  const seen = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`);
      response.end();
    });
  });
  server.on('upgrade', (request, socket) => {
    seen.push(`${request.method} ${request.url} `);
    socket.destroy();
  });
  server.on('clientError', (_, socket) => socket.destroy());
  const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  const over = Promise.race([once(socket, 'end'), once(socket, 'close')]);
  server.emit('connection', socket);
  socket.push(Buffer.from(text, 'latin1'));
  socket.push(null);
  await over;
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return seen;
}

const METHODS = new Set(http.METHODS);

async function fuzzLive(run) {
  const { parts, folder, seed, kind, untilMs } = run;
  const member = await parts.ScriptedMember.start();
  const child = fork(fileURLToPath(import.meta.url), [], {
    env: { ...process.env, EVENKEEL_FUZZ_CHILD: folder },
  });
  child.send(member.port);
  const [{ port, framesPort }] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the balancer did not start'))),
  ]);
  const random = randomFrom(seed + 1);
  const result = { runs: 0, accepted: 0, findings: [] };
  const rounds = { requests: requestRound, responses: responseRound, http2: framesRound };
  const corpus = kind === 'http2' ? [] : corpora(parts)[kind];
  while (Date.now() < untilMs && result.findings.length < 20 && child.exitCode === null) {
    const input =
      kind === 'http2'
        ? parts.mutateFrames(random).toString('hex')
        : mutate(corpus[random(corpus.length)], random, corpus);
    result.runs++;
    const step = { parts, member, port, framesPort, input, random };
    let what = '';
    try {
      result.accepted += await within(rounds[kind](step), HANG_MS);
    } catch (error) {
      what = String(error.message ?? error);
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (child.exitCode !== null || child.signalCode !== null) what = 'the balancer died';
    if (what !== '') result.findings.push({ kind, what, input });
    for (const side of member.connections) if (side.fault !== undefined) side.socket.destroy();
    prune(member);
  }
  if (child.exitCode === null && child.signalCode === null) {
    child.send('rss');
    const [{ rss }] = await once(child, 'message');
    if (rss > MAX_RSS) result.findings.push({ kind, what: `resident memory ${rss}`, input: '' });
    child.kill();
    await once(child, 'exit');
  }
  await member.close();
  return result;
}

/** Forgets member connections that are over. */
function prune(member) {
  const open = member.connections.filter((side) => !side.socket.destroyed);
  member.connections.splice(0, member.connections.length, ...open);
}

async function within(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('hangs')), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Node's parser reads what the member's connections brought since `starts` as the member does. */
async function readAlike(member, starts) {
  for (const side of member.connections) {
    const bytes = side.received.slice(starts.get(side) ?? 0);
    if (bytes === '' || side.received.length !== side.at) continue;
    const ours = side.requests.map(
      (request) => `${request.method} ${request.target} ${request.body}`,
    );
    if (
      !side.requests.every((request) => METHODS.has(request.method) && request.method !== 'CONNECT')
    )
      continue;
    if (side.requests.some((request) => request.fields.has('upgrade'))) continue;
    const theirs = await readWithNode(bytes);
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      throw new Error(`node:http reads ${JSON.stringify(theirs)}, not ${JSON.stringify(ours)}`);
    }
  }
}

async function requestRound({ parts, member, port, input, random }) {
  member.forget();
  const starts = new Map(member.connections.map((side) => [side, side.received.length]));
  member.script = (request) =>
    request.method === 'HEAD'
      ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'
      : parts.answerOk('ok');
  const client = await parts.RawClient.connect(port);
  const next = 'GET /next HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n';
  const text = input + next;
  if (random(4) === 0) await client.sendPieces(text, 1 + random(40));
  else client.send(text);
  client.endSending();
  await client.ended();
  client.close();
  const allowed = expected(parts, text);
  const seen = member.requests.map(
    (request) => `${request.method} ${request.target} ${request.body}`,
  );
  if (member.faults.length > 0) throw new Error(`the member got ${member.faults[0]}`);
  // TRACE, CONNECT, unknown expectations and Max-Forwards 0 are answered by the balancer: they may be missing.
  let at = 0;
  for (const request of seen) {
    at = allowed.indexOf(request, at) + 1;
    if (at === 0)
      throw new Error(`the member saw ${JSON.stringify(request)}, not ${JSON.stringify(allowed)}`);
  }
  await readAlike(member, starts);
  return seen.length > 0 ? 1 : 0;
}

async function framesRound({ parts, member, framesPort, input, random }) {
  member.forget();
  const starts = new Map(member.connections.map((side) => [side, side.received.length]));
  member.script = (request) =>
    request.method === 'HEAD'
      ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'
      : parts.answerOk(request.target === '/other' ? 'clean /other' : 'b'.repeat(300));
  const bytes = Buffer.from(input, 'hex');
  const { streams, settings } = parts.readFrames(bytes);
  const client = await parts.FrameClient.open(framesPort);
  // Nothing of its own comes behind what is mutated.
  client.answers = false;
  client.grants = false;
  for (const stream of streams.keys()) client.expect(stream);
  if (random(4) === 0) await client.drip(bytes, 1 + random(40));
  else client.write(bytes);
  await settled(client, streams);
  client.socket.end();
  await client.closed();
  await client.close();
  const allowed = [...streams.values()];
  for (const { method, target, body } of member.requests) {
    const isOne = allowed.some((stream) => parts.mayBe(stream, { method, target, body }));
    if (!isOne) {
      throw new Error(
        `the member saw ${JSON.stringify({ method, target, body })}, not ${JSON.stringify(allowed)}`,
      );
    }
  }
  const seen = member.requests.length;
  const other = await parts.FrameClient.connect(framesPort);
  other.open(1, parts.otherFields());
  const { status, body } = await other.ended(1);
  await other.close();
  if (status !== 200 || Buffer.concat(body).toString() !== 'clean /other') {
    throw new Error(
      `another client got ${status} ${JSON.stringify(Buffer.concat(body).toString())}`,
    );
  }
  if (member.faults.length > 0) throw new Error(`the member got ${member.faults[0]}`);
  // Of windows and tables that the mutated frames have changed this client knows nothing.
  const wrongs = settings > 0 ? [] : client.wrongs.filter((text) => !text.includes('indow'));
  if (wrongs.length > 0) throw new Error(`the client got ${wrongs.join(', ')}`);
  await readAlike(member, starts);
  return seen > 0 ? 1 : 0;
}

/** Every stream that is whole has ended, or nothing more comes. */
async function settled(client, streams) {
  const whole = [...streams].filter(([, { isEnded }]) => isEnded).map(([id]) => id);
  const isDone = () =>
    client.isClosed ||
    whole.every((id) => client.expect(id).hasEnded || client.expect(id).reset !== undefined);
  for (let turn = 0; turn < 20 && !isDone(); turn++) {
    await new Promise((resolve) => setTimeout(resolve, turn < 10 ? 0 : 1));
  }
}

async function responseRound({ parts, member, port, input, random }) {
  const ends = random(2) === 0;
  member.forget();
  member.script = (request, side) => {
    if (request.target !== '/fuzzed') return parts.answerOk(`clean ${request.target}`);
    if (ends) side.socket.end(input, 'latin1');
    else {
      side.send(input);
      // An unfinished answer is finished by the end of the connection.
      setTimeout(() => side.socket.end(), 20);
    }
    return undefined;
  };
  const client = await parts.RawClient.connect(port);
  client.send(
    'GET /fuzzed HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  );
  client.endSending();
  let first;
  do first = await client.response();
  while (first !== undefined && first.status < 200);
  const second = first?.isWhole ? await client.response() : undefined;
  if (second !== undefined && second.body !== 'clean /second' && second.status < 500) {
    throw new Error(`the second answer is ${JSON.stringify(second.head + second.body)}`);
  }
  await client.ended();
  if (first?.isWhole && client.unread !== '') throw new Error(`then ${client.unread}`);
  client.close();
  const other = await parts.RawClient.connect(port);
  other.send('GET /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const [answer, ...more] = await other.responses();
  other.close();
  if (more.length > 0 || (answer?.body !== 'clean /other' && answer?.status !== 502)) {
    throw new Error(`another client got ${JSON.stringify(answer)}`);
  }
  return first !== undefined && first.status !== 502 ? 1 : 0;
}

if (process.env.EVENKEEL_FUZZ_CHILD === undefined) await runParent();
else await runChild(process.env.EVENKEEL_FUZZ_CHILD);
