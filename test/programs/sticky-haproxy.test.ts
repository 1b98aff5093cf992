// A real HAProxy and evenkeel in front of the same members: what one tells a client, the other understands.
import { afterEach, expect, test } from 'vitest';
import { ask, get, type HttpMember, ok, startHttpMember } from '../support/http-peers.js';
import { describeWith } from '../support/program.js';
import { startHaproxy } from '../support/servers/haproxy.js';
import { freePort, type RunningServer } from '../support/servers/server-process.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

/** The same stickiness, said to both. */
interface Pair {
  readonly sticky: object;
  readonly cookie: string;
}

const PLAIN: Pair = {
  sticky: { mode: 'cookie', cookie: 'SRV' },
  cookie: 'cookie SRV insert indirect nocache',
};
const FLAGS: Pair = {
  sticky: {
    mode: 'cookie',
    cookie: 'SRV',
    secure: true,
    httpOnly: true,
    sameSite: 'Lax',
    domain: 'example.com',
  },
  cookie: 'cookie SRV insert indirect nocache httponly secure domain example.com attr SameSite=Lax',
};
const DATED: Pair = {
  sticky: { mode: 'cookie', cookie: 'SRV', maxIdle: '1h', maxLife: '8h' },
  cookie: 'cookie SRV insert indirect nocache maxidle 1h maxlife 8h',
};
const REWRITE: Pair = {
  sticky: { mode: 'cookie', cookie: 'SESSION', cookieMode: 'rewrite' },
  cookie: 'cookie SESSION rewrite',
};
const PREFIX: Pair = {
  sticky: { mode: 'cookie', cookie: 'SESSION', cookieMode: 'prefix' },
  cookie: 'cookie SESSION prefix',
};

interface Both extends AsyncDisposable {
  readonly haproxy: number;
  readonly evenkeel: number;
  readonly members: Readonly<Record<string, HttpMember>>;
}

/** Both in front of members web-1, web-2 and web-3, which send these lines. */
async function openBoth({ sticky, cookie }: Pair, lines = ''): Promise<Both> {
  const members: Record<string, HttpMember> = {};
  for (const name of ['web-1', 'web-2', 'web-3'])
    members[name] = stage.add(await startHttpMember(() => ok(name, lines)));
  const haproxy = await freePort();
  const server: RunningServer = await startHaproxy(
    [
      'defaults',
      '  mode http',
      '  timeout connect 2s',
      '  option redispatch 1',
      '  timeout client 10s',
      '  timeout server 10s',
      'listen web',
      `  bind 127.0.0.1:${haproxy}`,
      '  balance roundrobin',
      `  ${cookie}`,
      ...Object.entries(members).map(
        ([name, { address }]) => `  server ${name} ${address} cookie ${name}`,
      ),
      '',
    ].join('\n'),
    haproxy,
  );
  const { port } = await stage.open(
    [],
    { protocol: 'http' },
    {
      members: Object.entries(members).map(([name, { address }]) => ({ name, address })),
      sticky,
    },
  );
  return { haproxy, evenkeel: port, members, [Symbol.asyncDispose]: () => server.stop() };
}

/** Who answers, what it sets, and what the member saw of the cookies. */
async function visit(both: Both, port: number, cookies?: string): Promise<string[]> {
  const answer = await ask(port, get('/', cookies === undefined ? '' : `Cookie: ${cookies}\r\n`));
  const name = answer.body.toString();
  const seen = both.members[name]?.requests.at(-1)?.headers.get('cookie');
  const cache = answer.headers.get('cache-control');
  return [name, answer.headers.get('set-cookie') ?? '-', seen ?? '-', cache ?? '-'];
}

function pairOf(setCookie: string | undefined): string {
  return setCookie?.split(';')[0] ?? '';
}

describeWith(['haproxy'], 'sticky cookies of HAProxy', () => {
  test.each([
    ['plain', PLAIN],
    ['with every flag', FLAGS],
    ['with dates', DATED],
  ])('%s: each understands what the other has set', async (_, pair) => {
    await using both = await openBoth(pair);
    const ways = [
      [both.haproxy, both.evenkeel],
      [both.evenkeel, both.haproxy],
    ] as const;
    for (const [first, second] of ways) {
      for (let i = 0; i < 6; i++) {
        const [name = '', setCookie] = await visit(both, first);
        const cookie = pairOf(setCookie);
        expect(cookie).toMatch(new RegExp(`^SRV=${name}(\\||$)`));
        const back = await visit(both, second, `a=1; ${cookie}; b=2`);
        // A date may have passed in between.
        expect([back[0], back[2]]).toEqual([name, 'a=1; b=2']);
        expect(pairOf(back[1])).toMatch(new RegExp(`^(-|SRV=${name}\\|.*)$`));
      }
    }
  });

  test.each([
    [PLAIN, ''],
    [FLAGS, 'ETag: "1"\r\n'],
    [PLAIN, 'Cache-Control: max-age=60\r\nSet-Cookie: SRV=mine\r\nSet-Cookie: x=1\r\n'],
    [PLAIN, 'Cache-Control: no-store\r\nETag: "1"\r\n'],
    [REWRITE, 'Set-Cookie: SESSION=abc; Path=/app\r\n'],
    [PREFIX, 'Set-Cookie: SESSION=abc; Path=/app\r\n'],
  ])('%o with %j: both say the same to clients and members', async (pair, lines) => {
    await using both = await openBoth(pair, lines);
    for (const cookies of [
      undefined,
      'a=1',
      'SRV=web-2; SESSION=web-2',
      'SRV=web-3; SESSION=web-3~xyz; a=1',
      'a=1; SESSION=web-3~xyz; SRV=web-3',
      'SRV=gone; SESSION=gone~xyz; b=2',
      'SRV=; SESSION=',
    ]) {
      const theirs = await visit(both, both.haproxy, cookies);
      const isBound = /(SRV|SESSION)=web/.test(cookies ?? '') && theirs[1] === '-';
      let ours = await visit(both, both.evenkeel, cookies);
      // Who is free is sent on in turns that do not begin at the same member.
      for (let turn = isBound ? 3 : 0; turn < 3 && ours[0] !== theirs[0]; turn++)
        ours = await visit(both, both.evenkeel, cookies);
      expect(ours).toEqual(theirs);
    }
  });

  test('both move a client whose member is gone, and both keep it then', async () => {
    await using both = await openBoth(PLAIN);
    await both.members['web-2']?.close();
    for (const port of [both.haproxy, both.evenkeel]) {
      const [name = '', setCookie] = await visit(both, port, 'SRV=web-2');
      expect(name).not.toBe('web-2');
      expect(pairOf(setCookie)).toBe(`SRV=${name}`);
      expect((await visit(both, both.haproxy, `SRV=${name}`))[0]).toBe(name);
      expect((await visit(both, both.evenkeel, `SRV=${name}`))[0]).toBe(name);
    }
  });
});
