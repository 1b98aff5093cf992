// What pools choose by is what the client sent, whatever members are told and whatever else a frontend does.
import { afterEach, describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/strategy/strategy.js';
import { ask, get, ok, startHttpMember } from '../support/http-peers.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const VALUES = ['aa', 'bb', 'aa', 'aa', 'cc', 'bb'];

/** Settings that have a frontend keep the head, and one without any. */
const FRONTENDS = [
  ['alone', {}],
  ['with a policy', { headers: { request: { set: { 'x-a': '1' } } } }],
  ['that trusts its peers', { forwarded: { mode: 'both', trust: ['127.0.0.0/8'] } }],
] as const;

/** A port in front of three members, who answer with their names. */
async function open(pool: object, frontend: object = {}): Promise<number> {
  const members = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => stage.add(await startHttpMember(() => ok(name)))),
  );
  const options = { protocol: 'http', http2: { cleartext: true }, ...frontend } as const;
  return (await stage.open(members, options, pool)).port;
}

function hashOf(header: string): object {
  return { strategy: { type: 'hash', key: { header }, mapping: 'modulo' } };
}

/** Who serves requests with these lines, one after the other. */
async function served(port: number, heads: readonly string[]): Promise<string> {
  let names = '';
  for (const head of heads) names += (await ask(port, head)).body.toString();
  return names;
}

describe('keys as they were sent', () => {
  test.each([
    ['X-Forwarded-For', 'x-forwarded-for'],
    ['x-forwarded-proto', 'X-Forwarded-Proto'],
    ['X-Forwarded-Host', 'x-forwarded-host'],
    ['X-Forwarded-Port', 'x-forwarded-port'],
    ['Forwarded', 'forwarded'],
    ['X-Client-Cert-Subject', 'x-client-cert-subject'],
    ['X_Forwarded_For', 'x_forwarded_for'],
    ['X-User', 'x-user'],
  ])('a hash of %s picks the same members behind every frontend', async (name, key) => {
    const heads = VALUES.map((value) => get('/', `${name}: ${value}\r\n`));
    for (const [, frontend] of FRONTENDS) {
      const port = await open(hashOf(key), frontend);
      expect(await served(port, heads)).toBe('cbccab');
      const client = stage.add(await connectHttp2(port));
      let names = '';
      for (const value of VALUES) {
        const { body } = await client.ask('/', { headers: { [name.toLowerCase()]: value } });
        names += body.toString();
      }
      expect(names).toBe('cbccab');
    }
  });

  test.each(FRONTENDS)('who sends no such header is nobody: a frontend %s', async (_, frontend) => {
    for (const key of ['x-forwarded-for', 'host']) {
      const port = await open(hashOf(key), frontend);
      const head = key === 'host' ? 'GET / HTTP/1.0\r\n\r\n' : get();
      expect(await served(port, [head, head, head])).toBe('abc');
    }
  });

  test.each(FRONTENDS)('a key that Connection names is one: a frontend %s', async (_, frontend) => {
    const port = await open(hashOf('x-user'), frontend);
    const heads = VALUES.map((value) => get('/', `Connection: X-User\r\nX-User: ${value}\r\n`));
    expect(await served(port, heads)).toBe('cbccab');
  });

  test.each(FRONTENDS)('clients stay by x-forwarded-for: a frontend %s', async (_, frontend) => {
    const sticky = { mode: 'header', header: 'X-Forwarded-For' };
    const port = await open({ sticky }, frontend);
    const heads = ['aa', 'bb', 'aa', 'bb', 'cc', 'bb'].map((value) =>
      get('/', `X-Forwarded-For: ${value}\r\n`),
    );
    expect(await served(port, heads)).toBe('ababcb');
  });

  test.each(FRONTENDS)(
    'a strategy of the host is told them: a frontend %s',
    async (_, frontend) => {
      const asked: (string | undefined)[] = [];
      const strategy: Strategy = {
        name: 'listener',
        build: (members) => ({
          pick(context, isEligible) {
            asked.push(context.attribute('header', 'x-forwarded-for'));
            return members.find(isEligible);
          },
        }),
      };
      const port = await open({ strategy }, frontend);
      await served(port, [get('/', 'X-Forwarded-For: aa\r\n'), get()]);
      expect(asked).toEqual(['aa', undefined]);
    },
  );
});
