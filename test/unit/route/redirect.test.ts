// Where redirects lead: never to a host of the client's making.
import { describe, expect, test } from 'vitest';
import { Redirect } from '../../../src/route/redirect.js';
import type { TemplateValues } from '../../../src/route/template.js';
import { redirectProblem } from '../../../src/spec/redirect-template.js';

function values(parts: Partial<TemplateValues> = {}): TemplateValues {
  return {
    host: 'app.test',
    path: '/old/a',
    rest: '/a',
    query: '',
    clientIp: '192.0.2.1',
    serverName: 'sni.test',
    requestId: 'r-1',
    ...parts,
  };
}

describe('Redirect', () => {
  test.each<readonly [to: string, parts: Partial<TemplateValues>, location: string | undefined]>([
    ['https://www.test/', {}, 'https://www.test/'],
    ['https://{host}/new{rest}', {}, 'https://app.test/new/a'],
    ['https://{host}{path}?{query}', { query: 'b=1' }, 'https://app.test/old/a?b=1'],
    ['https://{host}{path}?{query}', {}, 'https://app.test/old/a'],
    ['https://{host}:8443{path}', { host: '[2001:db8::1]' }, 'https://[2001:db8::1]:8443/old/a'],
    ['https://{tls.sni}{path}', {}, 'https://sni.test/old/a'],
    ['https://www.test{rest}', { rest: '' }, 'https://www.test'],
    ['{path}/', { path: '/a' }, '/a/'],
    ['{rest}', { rest: '' }, '/'],
    ['/new{rest}?from={client.ip}&id={request.id}', {}, '/new/a?from=192.0.2.1&id=r-1'],
    // A path that a browser would take for a host
    ['{path}', { path: '//evil.test/a' }, '/evil.test/a'],
    ['{path}', { path: '/\\evil.test' }, '/evil.test'],
    ['{path}', { path: '///\\/evil.test' }, '/evil.test'],
    ['{rest}', { rest: '//evil.test' }, '/evil.test'],
    ['/{rest}', { rest: '/evil.test' }, '/evil.test'],
    ['/new{rest}', { rest: '//evil.test' }, '/new//evil.test'],
    ['https://www.test{rest}', { rest: '//evil.test' }, 'https://www.test//evil.test'],
    ['https://www.test{rest}', { rest: '/@evil.test' }, 'https://www.test/@evil.test'],
    // Hosts that are none
    ['https://{host}/', { host: '' }, undefined],
    ['https://{host}/', { host: 'evil.test%2f.app.test' }, undefined],
    ['https://{host}/', { host: 'evil.test;app.test' }, undefined],
    ['https://{host}/', { host: 'a!b' }, undefined],
    ['https://{host}/', { host: 'a..b' }, undefined],
    ['https://{host}/', { host: '[v1.a]' }, undefined],
    ['https://{host}/', { host: 'a.test.' }, 'https://a.test./'],
    ['https://{tls.sni}/', { serverName: '' }, undefined],
    ['/?h={host}', { host: "a'b" }, undefined],
    // No path
    ['https://www.test{path}', { path: '*' }, undefined],
    ['https://www.test{path}', { path: 'evil.test:443' }, undefined],
    ['https://www.test/', { path: '*' }, 'https://www.test/'],
    // What no header may hold
    ['/?id={request.id}', { requestId: 'a b\r\nX: y\u00e9' }, '/?id=a%20b%0D%0AX:%20y%C3%A9'],
  ])('%s and %j lead to %s', (to, parts, location) => {
    expect(redirectProblem(to)).toBeUndefined();
    expect(new Redirect(to).location(values(parts))).toBe(location);
  });

  test.each([
    [
      'www.test/',
      'expected a template that begins with "https://", "http://", "/", {path} or {rest}, got "www.test/"',
    ],
    [
      '//www.test/',
      'expected a template that begins with "https://", "http://", "/", {path} or {rest}, got "//www.test/"',
    ],
    [
      '/\\www.test/',
      'expected a template that begins with "https://", "http://", "/", {path} or {rest}, got "/\\\\www.test/"',
    ],
    [
      '{host}/',
      'expected a template that begins with "https://", "http://", "/", {path} or {rest}, got "{host}/"',
    ],
    [
      'javascript:alert(1)',
      'expected a template that begins with "https://", "http://", "/", {path} or {rest}, got "javascript:alert(1)"',
    ],
    ['https://', 'expected a host behind the scheme, got "https://"'],
    ['https:///a', 'expected a host behind the scheme, got "https:///a"'],
    ['https://{query}/', 'expected a host behind the scheme, got "https://{query}/"'],
    ['https://{{host}}/', 'expected a host behind the scheme, got "https://{{host}}/"'],
    [
      'https://a.test{query}',
      'what follows the host must begin with "/", {path} or {rest}, got "{query}"',
    ],
    [
      'https://a.test@b.test/',
      'what follows the host must begin with "/", {path} or {rest}, got "@b.test/"',
    ],
    [
      'https://a.test{rest}{query}',
      'what follows the host must begin with "/", {path} or {rest}, got "{rest}{query}"',
    ],
    [
      'https://a.test{rest}.html',
      'what follows the host must begin with "/", {path} or {rest}, got "{rest}.html"',
    ],
    [
      'https://a.test:{client.ip}',
      'what follows the host must begin with "/", {path} or {rest}, got ":{client.ip}"',
    ],
    ['/a b', 'expected an address without blanks and other than ASCII characters, got "/a b"'],
    [
      '/a\r\nb',
      'expected an address without blanks and other than ASCII characters, got "/a\\r\\nb"',
    ],
    ['/é', 'expected an address without blanks and other than ASCII characters, got "/é"'],
    ['/{pth}', 'no variable is named "pth"; did you mean "path"? (as text: {{pth}})'],
  ])('%s is refused', (to, problem) => {
    expect(redirectProblem(to)).toBe(problem);
  });
});
