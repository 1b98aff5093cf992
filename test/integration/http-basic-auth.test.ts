// Basic authentication end to end: challenge, entry, files that change, floods.
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import bcrypt from 'bcryptjs';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { Emitter } from '../../src/core/emitter.js';
import type { BalancerEvents } from '../../src/model/events.js';
import { VirtualClock } from '../../src/testkit/virtual-clock.js';
import {
  ask,
  connectHttp,
  get,
  type HttpMember,
  ok,
  startHttpMember,
} from '../support/http-peers.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());
const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-auth-'));
afterAll(() => rmSync(folder, { recursive: true }));

let writes = 0;
/** Writes a file of users, newer than the one before. */
function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  const at = new Date(Date.UTC(2020, 1, 1) + 1000 * writes++);
  utimesSync(file, at, at);
  return file;
}

const sha1 = (password: string): string => `{SHA}${hash('sha1', password, 'base64')}`;
const login = (user: string, password: string): string =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;

async function startEcho(): Promise<HttpMember> {
  return stage.add(await startHttpMember((request) => ok(request.head)));
}

describe('basicAuth', () => {
  test('asks for a name and a password, and passes on what it checked, once', async () => {
    const usersFile = write('users', `ann:${bcrypt.hashSync('s3cret', 4)}\n`);
    const member = await startEcho();
    const { port } = await stage.open([member], {
      protocol: 'http',
      basicAuth: { realm: 'the "ops"', usersFile },
    });
    const client = await connectHttp(port);
    client.send(get());
    const first = await client.reply();
    expect([first.status, first.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="the \\"ops\\"", charset="UTF-8"',
    ]);
    client.send(get('/', login('ann', 'wrong')));
    expect((await client.reply()).status).toBe(401);
    client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await client.reply(false)).status).toBe(401);
    expect(member.requests).toHaveLength(0);
    client.send(get('/', `${login('ann', 's3cret')}${login('root', 'x')}`));
    const answer = await client.reply();
    expect(answer.status).toBe(200);
    expect(answer.body.toString().match(/^authorization: .*/gim)).toEqual([
      login('ann', 's3cret').trim(),
    ]);
    client.peer.socket.destroy();
  });

  test('a change of the file is seen within a second; a bad file is told once and changes nothing', async () => {
    const clock = new VirtualClock();
    const events = new Emitter<BalancerEvents>();
    const faults: string[] = [];
    events.on('frontend:fault', ({ reason }) => faults.push(reason));
    const usersFile = write('changing', `ann:${sha1('a')}\n`);
    const { port, frontend } = await stage.open(
      [],
      { protocol: 'http', basicAuth: { usersFile } },
      {},
      { environment: { clock }, events },
    );
    const status = async (user: string, password: string): Promise<number> =>
      (await ask(port, get('/', login(user, password)))).status;
    // 503: let in, but there is no member.
    expect(await status('ann', 'a')).toBe(503);
    write('changing', `bob:${sha1('b')}\n`);
    clock.advance(6000);
    expect(await status('ann', 'a')).toBe(401);
    expect(await status('bob', 'b')).toBe(503);
    write('changing', `bob:${sha1('b')}\nzoe:plain\n`);
    for (let i = 0; i < 3; i++) {
      clock.advance(6000);
      expect(await status('bob', 'b')).toBe(503);
    }
    expect(faults).toEqual([
      `basicAuth.usersFile: "${usersFile}": line 2: user "zoe": is no hash of a password; make it anew with "htpasswd -B"; the users stay`,
    ]);
    rmSync(usersFile);
    clock.advance(6000);
    expect(await status('bob', 'b')).toBe(503);
    expect(faults[1]).toMatch(/^ENOENT.*; the users stay$/);
    write('changing', `cy:${sha1('c')}\n`);
    // Looked for on the side: between two requests of a busy frontend.
    clock.advance(1100);
    await vi.waitFor(async () => expect(await status('cy', 'c')).toBe(503));
    const closing = frontend.close();
    clock.advance(1);
    await closing;
  });

  test('a file that can not be used is a fault of the start', () => {
    const usersFile = write('bad', 'ann:$apr1$x$y\nbob\n');
    const open = stage.open([], { protocol: 'http', basicAuth: { usersFile } });
    return expect(open).rejects.toMatchObject({
      code: 'EK_FILE',
      issues: [
        {
          path: 'basicAuth.usersFile',
          code: 'EK_FILE',
          message: `"${usersFile}": line 1: user "ann": apr1 (MD5) is too weak; make it anew with "htpasswd -B"`,
        },
        {
          path: 'basicAuth.usersFile',
          code: 'EK_FILE',
          message: `"${usersFile}": line 2: expected "user:hash"`,
        },
      ],
    });
  });

  test('a flood from one client is answered 429, and others go on', async () => {
    const usersFile = write('slow', `ann:${bcrypt.hashSync('s3cret', 8)}\nbob:${sha1('b')}\n`);
    const { port, frontend } = await stage.open([await startEcho()], {
      protocol: 'http',
      basicAuth: { usersFile },
    });
    const flood = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const client = await connectHttp(port);
        client.send(get('/', login('ann', `x${i}`)));
        const { status, headers } = await client.reply();
        client.peer.socket.destroy();
        return `${status} ${headers.get('retry-after')}`;
      }),
    );
    expect(flood.filter((answer) => answer === '429 1')).toHaveLength(4);
    expect(flood.filter((answer) => answer === '401 undefined')).toHaveLength(8);
    // A wrong password is answered; whoever asks too much is denied.
    expect(frontend.status().totals).toMatchObject({ denied: 4, intercepted: 8 });
    expect((await ask(port, get('/', login('bob', 'b')))).status).toBe(200);
  });
});
