// gRPC through a real HAProxy: calls are spread, streams stay open both ways, statuses and trailers arrive.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { HaproxyEngine } from '../../../src/haproxy/engine/haproxy-engine.js';
import { describeWith } from '../../support/program.js';
import { freePort } from '../../support/servers/server-process.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const write = (value: string): Buffer => Buffer.from(value);
const read = (bytes: Buffer): string => bytes.toString();
const method = (name: string, isStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream: isStream,
  responseStream: isStream,
  requestSerialize: write,
  requestDeserialize: read,
  responseSerialize: write,
  responseDeserialize: read,
});

async function startMember(name: string): Promise<{ name: string; address: string }> {
  const server = new Server();
  server.addService(
    { unary: method('Unary', false), both: method('Both', true) },
    {
      unary: (call: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) => {
        if (call.request === 'fail') {
          answer({ code: status.NOT_FOUND, details: 'no such thing' });
          return;
        }
        const trailer = new Metadata();
        trailer.set('x-trailer', String(call.metadata.get('x-own')[0]));
        answer(null, name, trailer);
      },
      both: (call: ServerDuplexStream<string, string>) => {
        call.on('data', (one: string) => call.write(`${one}!`));
        call.on('end', () => call.end());
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  cleanups.push(() => server.forceShutdown());
  return { name, address: `127.0.0.1:${port}` };
}

async function clientBehind(count: number): Promise<Client> {
  const members: { name: string; address: string }[] = [];
  for (let i = 0; i < count; i++) members.push(await startMember(`m${i}`));
  const port = await freePort();
  const directory = mkdtempSync(path.join(tmpdir(), 'evenkeel-grpc-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const engine = new HaproxyEngine(
    {
      frontends: [
        {
          name: 'public',
          protocol: 'http',
          bind: [`127.0.0.1:${port}`],
          pool: 'services',
          http2: { cleartext: true },
        },
      ],
      pools: [{ name: 'services', members, http: { version: '2' } }],
    },
    { directory },
  );
  cleanups.push(() => engine.close());
  await engine.start();
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  cleanups.push(() => client.close());
  return client;
}

/** One call: the answer, and the trailer `x-trailer`. */
function call(client: Client, value: string): Promise<readonly [string, string]> {
  const metadata = new Metadata();
  metadata.set('x-own', 'mine');
  return new Promise((resolve, reject) => {
    let answer = '';
    client
      .makeUnaryRequest('/test.Echo/Unary', write, read, value, metadata, (error, reply) => {
        if (error === null) answer = reply ?? '';
        else reject(error);
      })
      .on('status', ({ code, metadata: trailer }) => {
        if (code === status.OK) resolve([answer, String(trailer.get('x-trailer')[0])]);
      });
  });
}

describeWith(['haproxy'], 'gRPC through HAProxy', () => {
  test('calls of one connection are spread, and their trailers arrive', async () => {
    const client = await clientBehind(2);
    const answers: (readonly [string, string])[] = [];
    for (let i = 0; i < 4; i++) answers.push(await call(client, String(i)));
    expect(new Set(answers.map(([name]) => name))).toEqual(new Set(['m0', 'm1']));
    expect(answers.map(([, trailer]) => trailer)).toEqual(['mine', 'mine', 'mine', 'mine']);
  });

  test('a status without a body arrives', async () => {
    const client = await clientBehind(1);
    await expect(call(client, 'fail')).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: 'no such thing',
    });
  });

  test('both sides stream, each message answered before the next is sent', async () => {
    const client = await clientBehind(1);
    const stream = client.makeBidiStreamRequest('/test.Echo/Both', write, read);
    const answers: string[] = [];
    const isOver = new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.on('end', resolve);
      stream.on('data', (one: string) => {
        answers.push(one);
        if (answers.length < 3) stream.write(`${answers.length}`);
        else stream.end();
      });
    });
    stream.write('0');
    await isOver;
    expect(answers).toEqual(['0!', '1!', '2!']);
  });
});
