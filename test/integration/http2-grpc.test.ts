// gRPC through the balancer: calls of every kind, statuses, deadlines, cancellation, by @grpc/grpc-js on both sides.
import {
  Client,
  credentials,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const text = {
  serialize: (value: string): Buffer => Buffer.from(value),
  deserialize: (bytes: Buffer): string => bytes.toString(),
};
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: text.serialize,
  requestDeserialize: text.deserialize,
  responseSerialize: text.serialize,
  responseDeserialize: text.deserialize,
});
const DEFINITION = {
  unary: method('Unary', false, false),
  collect: method('Collect', true, false),
  spread: method('Spread', false, true),
  both: method('Both', true, true),
};

/** Heard by tests: a call was cancelled. */
interface GrpcMember {
  readonly address: string;
  readonly cancelled: Promise<void>;
  close(): Promise<void>;
}

async function startGrpcMember(name: string): Promise<GrpcMember> {
  const server = new Server();
  let tell: () => void = () => {};
  const cancelled = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const unary: handleUnaryCall<string, string> = (call, answer) => {
    if (call.request === 'wait') {
      call.on('cancelled', tell);
      return;
    }
    if (call.request === 'fail') {
      const metadata = new Metadata();
      metadata.set('x-why', 'because');
      answer({ code: status.NOT_FOUND, details: 'no such thing: ü', metadata });
      return;
    }
    const trailer = new Metadata();
    trailer.set('x-trailer', String(call.metadata.get('x-own')[0] ?? ''));
    answer(null, `${name} ${call.request}`, trailer);
  };
  server.addService(DEFINITION, {
    unary,
    collect: (
      call: ServerReadableStream<string, string>,
      answer: (error: null, value: string) => void,
    ) => {
      const all: string[] = [];
      call.on('data', (one: string) => all.push(one));
      call.on('end', () => answer(null, all.join(' ')));
    },
    spread: (call: ServerWritableStream<string, string>) => {
      for (const one of call.request.split(' ')) call.write(one);
      call.end();
    },
    both: (call: ServerDuplexStream<string, string>) => {
      call.on('data', (one: string) => call.write(`${one}!`));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    cancelled,
    close: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

async function behind(count = 1) {
  const members = await Promise.all(
    Array.from({ length: count }, async (_, i) => stage.add(await startGrpcMember(`m${i}`))),
  );
  const { port } = await stage.open(
    members.map(({ address }) => address),
    { protocol: 'http', http2: { cleartext: true } },
    { http: { version: '2' }, strategy: 'round-robin' },
  );
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  stage.add({
    close: () => {
      client.close();
      return Promise.resolve();
    },
  });
  return { client, members };
}

function unary(
  client: Client,
  value: string,
  metadata = new Metadata(),
  options: object = {},
): Promise<{ value: string; trailer: string }> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const call = client.makeUnaryRequest(
      '/test.Echo/Unary',
      text.serialize,
      text.deserialize,
      value,
      metadata,
      options,
      (error, reply) => {
        if (error !== null) reject(error);
        else answer = reply ?? '';
      },
    );
    call.on('status', ({ code, metadata: trailer }) => {
      if (code === status.OK) {
        resolve({ value: answer, trailer: String(trailer.get('x-trailer')[0]) });
      }
    });
  });
}

describe('gRPC', () => {
  test('unary calls are spread call by call, with metadata and trailers', async () => {
    const { client } = await behind(2);
    const metadata = new Metadata();
    metadata.set('x-own', 'mine');
    const answers: string[] = [];
    for (let i = 0; i < 4; i++) {
      const { value, trailer } = await unary(client, `${i}`, metadata);
      expect(trailer).toBe('mine');
      answers.push(value);
    }
    expect(new Set(answers.map((one) => one.slice(0, 2)))).toEqual(new Set(['m0', 'm1']));
  });

  test('a status without a body arrives, with its details and metadata', async () => {
    const { client } = await behind();
    await expect(unary(client, 'fail')).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: 'no such thing: ü',
    });
  });

  test('the client streams', async () => {
    const { client } = await behind();
    const answer = await new Promise<string>((resolve, reject) => {
      const call = client.makeClientStreamRequest(
        '/test.Echo/Collect',
        text.serialize,
        text.deserialize,
        (error, reply) => (error === null ? resolve(reply ?? '') : reject(error)),
      );
      for (const one of ['a', 'b', 'c']) call.write(one);
      call.end();
    });
    expect(answer).toBe('a b c');
  });

  test('the server streams', async () => {
    const { client } = await behind();
    const call = client.makeServerStreamRequest(
      '/test.Echo/Spread',
      text.serialize,
      text.deserialize,
      'a b c',
    );
    const all: string[] = [];
    for await (const one of call) all.push(one as string);
    expect(all).toEqual(['a', 'b', 'c']);
  });

  test('both stream, each message answered before the next is sent', async () => {
    const { client } = await behind();
    const call = client.makeBidiStreamRequest('/test.Echo/Both', text.serialize, text.deserialize);
    const answers: string[] = [];
    call.on('data', (one: string) => {
      answers.push(one);
      if (answers.length < 20) call.write(String(answers.length));
      else call.end();
    });
    call.write('0');
    await new Promise((resolve, reject) => {
      call.on('end', resolve);
      call.on('error', reject);
    });
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => `${i}!`));
  });

  test('large messages pass', async () => {
    const { client } = await behind();
    const { value } = await unary(client, 'x'.repeat(1_000_000));
    expect(value.length).toBe(1_000_003);
  });

  test('a deadline of the client cancels the call at the member', async () => {
    const { client, members } = await behind();
    await unary(client, 'first');
    await expect(
      unary(client, 'wait', new Metadata(), { deadline: new Date().getTime() + 200 }),
    ).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await members[0]!.cancelled;
  });

  test('nobody to serve: UNAVAILABLE', async () => {
    const { client, members } = await behind();
    await members[0]!.close();
    await expect(unary(client, 'x')).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });
});
