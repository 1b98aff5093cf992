// Streams of bytes, PROXY headers, access lists.
import { between, like, type Scenario } from '../support/scenario.js';
import { oneFrontend } from '../support/specs.js';

const area = 'tcp';
const TCP = { protocol: 'tcp' } as const;

/** A ClientHello of TLS 1.2 with a server name, as far as routing by it looks. */
export function clientHello(name?: string): Buffer {
  const host = Buffer.from(name ?? '');
  const entry = Buffer.concat([Buffer.from([0]), u16(host.length), host]);
  const list = Buffer.concat([u16(entry.length), entry]);
  const sni = Buffer.concat([u16(0), u16(list.length), list]);
  const extensions = name === undefined ? Buffer.alloc(0) : sni;
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0, 0, 2, 0x13, 0x01, 1, 0]),
    u16(extensions.length),
    extensions,
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  return Buffer.concat([Buffer.from([0x16, 3, 1]), u16(handshake.length), handshake]);
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

export const tcp: readonly Scenario[] = [
  {
    id: 'CS-54',
    area,
    title: 'Half-closes pass both ways: the answer comes after the client has ended its side',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at, { frontend: TCP }),
    run: async (stage) => {
      stage.tcp('tcp1').answersAtEnd = true;
      const client = await stage.connect();
      client.send('hello');
      client.socket.end();
      const { text, ending } = await client.until();
      return { text, ending };
    },
    expected: { text: 'tcp1 got 5', ending: 'end' },
  },
  {
    id: 'EK-50',
    area,
    title: 'A member that resets: the client is cut',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at, { frontend: TCP }),
    run: async (stage) => {
      stage.tcp('tcp1').isResetting = true;
      const client = await stage.connect();
      await client.sees('tcp1');
      client.send('x');
      const { ending } = await client.until();
      return { isOver: ending !== 'open' };
    },
    expected: { isOver: true },
  },
  {
    id: 'EK-51',
    area,
    title: 'A client that resets: the member sees a reset',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at, { frontend: TCP }),
    run: async (stage) => {
      const client = await stage.connect();
      await client.sees('tcp1');
      client.send('x');
      await client.sees('x');
      client.socket.resetAndDestroy();
      await stage.eventually(() => stage.tcp('tcp1').endings.length === 1, 'the member sees it');
      return { ending: stage.tcp('tcp1').endings[0] };
    },
    expected: { ending: 'reset' },
  },
  {
    id: 'EK-52',
    area,
    title: 'Idle connections are closed',
    members: ['tcp1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { ...TCP, timeouts: { client: 500, tunnel: 500 } },
        pool: { timeouts: { server: 500 } },
      }),
    run: async (stage) => {
      const client = await stage.connect();
      await client.sees('tcp1');
      const { ms, ending } = await client.until();
      return { ms, isOver: ending !== 'open' };
    },
    expected: { ms: between(400, 4000), isOver: true },
  },
  {
    id: 'EK-53',
    area,
    title: 'A dial that fails goes to another member',
    members: ['tcp1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: TCP,
        pool: { members: [{ name: 'dead', address: at.deadAddress }, at.member('tcp1')] },
      }),
    run: async (stage) => {
      const texts: string[] = [];
      for (let i = 0; i < 4; i++) {
        const client = await stage.connect();
        await client.sees('\n');
        texts.push(client.text.trim());
        client.socket.destroy();
      }
      return { texts };
    },
    expected: { texts: ['tcp1', 'tcp1', 'tcp1', 'tcp1'] },
  },
  {
    id: 'EK-54',
    area,
    title: 'Large streams pass unchanged',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at, { frontend: TCP }),
    run: async (stage) => {
      const client = await stage.connect();
      await client.sees('tcp1\n');
      const block = 'abcdefghij'.repeat(10_000);
      for (let i = 0; i < 10; i++) client.send(block);
      await stage.eventually(() => client.text.length >= 5 + 1_000_000, 'all of it is back');
      return { isSame: client.text === `tcp1\n${block.repeat(10)}` };
    },
    expected: { isSame: true },
  },
  {
    id: 'EK-55',
    area,
    title: 'Access lists: others are cut without a byte; deny wins',
    members: ['tcp1'],
    spec: (at) =>
      oneFrontend(at, {
        frontend: { ...TCP, access: { allow: ['127.0.0.0/29'], deny: ['127.0.0.3'] } },
      }),
    run: async (stage) => {
      const seen: Record<string, string> = {};
      for (const last of [2, 3, 9]) {
        const client = await stage.connect(`127.0.0.${last}`);
        seen[`from${last}`] = (await client.sees('tcp1')) ? 'served' : 'cut';
        client.socket.destroy();
      }
      return seen;
    },
    expected: { from2: 'served', from3: 'cut', from9: 'cut' },
  },
  {
    id: 'CS-51',
    area,
    title: 'Routes by SNI: exact, wildcard, default, no TLS, silence',
    members: ['tcp1', 'tcp2', 'tcp3'],
    spec: (at) => ({
      frontends: [
        {
          name: 'f',
          protocol: 'tcp',
          bind: [at.bind()],
          routes: [
            { match: { sni: 'a.example' }, pool: 'a' },
            { match: { sni: '*.shop.example' }, pool: 'c' },
          ],
          pool: 'b',
          timeouts: { clientHello: 500 },
        },
      ],
      pools: [
        { name: 'a', members: [at.member('tcp1')] },
        { name: 'c', members: [at.member('tcp2')] },
        { name: 'b', members: [at.member('tcp3')] },
      ],
    }),
    run: async (stage) => {
      const hello = async (name?: string): Promise<string> => {
        const client = await stage.connect();
        client.send(clientHello(name));
        await client.sees('\n');
        const text = client.text.split('\n')[0] ?? '';
        client.socket.destroy();
        return text;
      };
      const silence = await stage.raw('', 4000);
      return {
        exact: await hello('A.example'),
        wildcard: await hello('x.shop.example'),
        unknown: await hello('other.example'),
        nameless: await hello(),
        silence: [silence.text, silence.ending === 'open'],
      };
    },
    expected: {
      exact: 'tcp1',
      wildcard: 'tcp2',
      unknown: 'tcp3',
      nameless: 'tcp3',
      silence: ['', false],
    },
  },
  {
    id: 'CS-53',
    area,
    title: 'PROXY headers in: v1, v2, UNKNOWN, LOCAL, none, broken',
    members: ['s1'],
    spec: (at) =>
      oneFrontend(at, { frontend: { acceptProxyProtocol: { trust: ['127.0.0.0/8'] } } }),
    run: async (stage) => {
      const sourceOf = async (preamble: string): Promise<string> => {
        const before = stage.at('s1').seen.length;
        const { text, ending } = await stage.raw(
          `${preamble}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
          3000,
        );
        const request = stage.at('s1').seen[before];
        if (request === undefined) return `${text} ${ending === 'open' ? 'open' : 'cut'}`.trim();
        const line = request.lines.find((item) => item.startsWith('x-forwarded-for:'));
        return line?.slice(17) ?? 'none';
      };
      const v2 = (command: number): string =>
        Buffer.concat([
          Buffer.from('0d0a0d0a000d0a515549540a', 'hex'),
          Buffer.from([0x20 + command, 0x11, 0, 12, 192, 0, 2, 7, 127, 0, 0, 1, 0x1f, 0x90, 0, 80]),
        ]).toString('latin1');
      return {
        v1: await sourceOf('PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n'),
        v1six: await sourceOf('PROXY TCP6 2001:db8::1 2001:db8::2 1234 80\r\n'),
        unknown: await sourceOf('PROXY UNKNOWN\r\n'),
        v2: await sourceOf(v2(1)),
        local: await sourceOf(v2(0)),
        none: await sourceOf(''),
        broken: await sourceOf('PROXY NONSENSE\r\n'),
      };
    },
    expected: {
      v1: '192.0.2.1',
      v1six: '2001:db8::1',
      unknown: '127.0.0.1',
      v2: '192.0.2.7',
      local: '127.0.0.1',
      none: 'cut',
      broken: 'cut',
    },
  },
  {
    id: 'EK-56',
    area,
    title: 'PROXY headers out: v1',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at, { frontend: TCP, pool: { sendProxyProtocol: 'v1' } }),
    run: async (stage) => {
      const client = await stage.connect('127.0.0.5');
      client.send('hello');
      await client.sees('hello');
      const text = stage.tcp('tcp1').received[0]?.toString('latin1') ?? '';
      const [, , source, target] = text.split(' ');
      return { source, target, kind: text.slice(0, 11), rest: text.split('\r\n')[1] };
    },
    expected: { source: '127.0.0.5', target: '127.0.0.1', kind: 'PROXY TCP4 ', rest: 'hello' },
  },
  {
    id: 'EK-57',
    area,
    title: 'PROXY headers out: v2',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at, { frontend: TCP, pool: { sendProxyProtocol: 'v2' } }),
    run: async (stage) => {
      const client = await stage.connect('127.0.0.5');
      client.send('hello');
      await client.sees('hello');
      const bytes = stage.tcp('tcp1').received[0] ?? Buffer.alloc(0);
      return {
        head: bytes.subarray(0, 16).toString('hex'),
        source: [...bytes.subarray(16, 20)].join('.'),
        rest: bytes.subarray(28).toString(),
      };
    },
    expected: { head: '0d0a0d0a000d0a515549540a2111000c', source: '127.0.0.5', rest: 'hello' },
  },
  {
    id: 'EK-58',
    area,
    title: 'Connections past maxConnections wait, and are served when others end',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at, { frontend: { ...TCP, maxConnections: 2 } }),
    run: async (stage) => {
      const clients = [await stage.connect(), await stage.connect()];
      for (const client of clients) await client.sees('tcp1');
      const third = await stage.connect();
      await new Promise((resolve) => {
        setTimeout(resolve, 300);
      });
      const early = third.text;
      clients[0]?.socket.end();
      return { early, served: await third.sees('tcp1') };
    },
    expected: { early: '', served: true },
  },
  {
    id: 'EK-59',
    area,
    title: 'Connections per source: the next one is cut, others come in',
    members: ['tcp1'],
    spec: (at) => oneFrontend(at, { frontend: { ...TCP, maxConnectionsPerSource: 2 } }),
    run: async (stage) => {
      const clients = [await stage.connect('127.0.0.2'), await stage.connect('127.0.0.2')];
      for (const client of clients) await client.sees('tcp1');
      const third = await (await stage.connect('127.0.0.2')).until(5000);
      const other = await stage.connect('127.0.0.3');
      return {
        third: [third.text, third.ending === 'open'],
        other: await other.sees('tcp1'),
      };
    },
    expected: { third: ['', false], other: true },
  },
  {
    id: 'EK-60',
    area,
    title: 'Routes by source network',
    members: ['tcp1', 'tcp2'],
    spec: (at) => ({
      frontends: [
        {
          name: 'f',
          protocol: 'tcp',
          bind: [at.bind()],
          routes: [{ match: { source: ['127.0.0.8/29'] }, pool: 'a' }],
          pool: 'b',
        },
      ],
      pools: [
        { name: 'a', members: [at.member('tcp1')] },
        { name: 'b', members: [at.member('tcp2')] },
      ],
    }),
    run: async (stage) => {
      const texts: string[] = [];
      for (const last of [2, 9, 15, 16]) {
        const client = await stage.connect(`127.0.0.${last}`);
        await client.sees('\n');
        texts.push(client.text.trim());
      }
      return { texts: texts.join(' ') };
    },
    expected: { texts: like(/^tcp2 tcp1 tcp1 tcp2$/) },
  },
  {
    id: 'EK-137',
    area,
    title: 'Without connect-failure among retries.on a connection that fails is not tried again',
    members: ['tcp1'],
    spec: (at) => ({
      frontends: [{ name: 'f', protocol: 'tcp', bind: at.bind(), pool: 'b' }],
      pools: [
        {
          name: 'b',
          members: [{ name: 'dead', address: at.deadAddress }, at.member('tcp1')],
          retries: { attempts: 3, on: [] },
        },
      ],
    }),
    run: async (stage) => {
      const texts: string[] = [];
      for (let i = 0; i < 4; i++) texts.push((await stage.raw('hello', 300)).text);
      return { served: texts.filter((text) => text !== '').length };
    },
    expected: { served: 2 },
  },
];
