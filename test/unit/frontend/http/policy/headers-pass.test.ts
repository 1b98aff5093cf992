import { describe, expect, test } from 'vitest';
import { Decision } from '../../../../../src/frontend/http/policy/decision.js';
import { HeaderChanges } from '../../../../../src/frontend/http/policy/header-changes.js';
import { HeadersPass } from '../../../../../src/frontend/http/policy/headers-pass.js';
import type { HeaderChangesConfig } from '../../../../../src/spec/http-features-config.js';
import { changesOf, fakeRequest, judge, type RequestFacts } from './fake-request.js';

const NONE: HeaderChangesConfig = { set: {}, add: {}, remove: [] };

async function requestChanges(
  changes: Partial<HeaderChangesConfig>,
  facts: RequestFacts = {},
): Promise<readonly string[]> {
  const pass = new HeadersPass({ request: { ...NONE, ...changes }, response: NONE });
  return changesOf((await judge(pass, facts)).decision.request);
}

describe('HeadersPass', () => {
  test('removes, then sets, then adds', async () => {
    const changes = {
      add: { 'X-A': 'third' },
      set: { 'X-A': 'second', 'X-B': 'b' },
      remove: ['X-Gone', 'x-a'],
    };
    expect(await requestChanges(changes)).toEqual([
      '-x-gone',
      '-x-a',
      '-x-b',
      'X-A: second',
      'X-B: b',
      'X-A: third',
    ]);
  });

  test('changes both directions', async () => {
    const pass = new HeadersPass({
      request: { ...NONE, remove: ['cookie'] },
      response: { ...NONE, set: { 'X-Frame-Options': 'DENY' }, remove: ['Server'] },
    });
    const { verdict, decision } = await judge(pass);
    expect(verdict).toBeUndefined();
    expect(changesOf(decision.request)).toEqual(['-cookie']);
    expect(changesOf(decision.response)).toEqual([
      '-server',
      '-x-frame-options',
      'X-Frame-Options: DENY',
    ]);
    expect(decision.always.isEmpty).toBe(true);
  });

  test('knows the request', async () => {
    const set = { 'X-All': '{client.ip} {tls.sni} {host} {path} {query} {{host}}' };
    const facts = {
      source: '2001:db8::1',
      authority: 'A.test:80',
      target: '/a/b?c=d',
      tls: { serverName: 'sni.test' },
    };
    expect(await requestChanges({ set }, facts)).toEqual([
      '-x-all',
      'X-All: 2001:db8::1 sni.test a.test /a/b c=d {host}',
    ]);
    expect(await requestChanges({ set: { 'X-Q': '[{query}{tls.sni}]' } })).toEqual([
      '-x-q',
      'X-Q: []',
    ]);
  });

  test('knows the id that the request was given', () => {
    const changes = new HeaderChanges({
      request: { ...NONE, add: { 'X-Id': 'id={request.id}' } },
      response: NONE,
    });
    const decision = new Decision();
    decision.requestId = 'abc-1';
    changes.apply(fakeRequest(), decision);
    expect(changesOf(decision.request)).toEqual(['X-Id: id=abc-1']);
  });

  test('no client gets a line end, or half a line, into a header', async () => {
    const target = '/a\r\nX-Evil: 1\u0000\u007f?q\u010a';
    expect(await requestChanges({ set: { 'X-P': '{path}|{query}' } }, { target })).toEqual([
      '-x-p',
      'X-P: /aX-Evil: 1|q',
    ]);
  });

  test('what is not ASCII in the spec is sent as UTF-8', async () => {
    const [, line = ''] = await requestChanges({ set: { 'X-U': 'é€' } });
    expect(Buffer.from(line, 'latin1').toString('utf8')).toBe('X-U: é€');
  });

  test('a Host that renders to nothing leaves the one that came', async () => {
    const set = { Host: '{tls.sni}' };
    expect(await requestChanges({ set })).toEqual([]);
    expect(await requestChanges({ set }, { tls: { serverName: 'b.test' } })).toEqual([
      '-host',
      'Host: b.test',
    ]);
  });
});
