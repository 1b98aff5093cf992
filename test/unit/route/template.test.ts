// Templates: what a text with variables becomes for one request.
import { describe, expect, test } from 'vitest';
import { Template, type TemplateValues } from '../../../src/route/template.js';
import { headerTemplate, templateProblem } from '../../../src/spec/template.js';

const VALUES: TemplateValues = {
  host: 'app.example.com',
  path: '/old/a',
  rest: '/a',
  query: 'x=1&y=2',
  clientIp: '192.0.2.1',
  serverName: 'sni.example.com',
  requestId: 'abc-1',
};

describe('Template', () => {
  test.each([
    ['plain', 'plain'],
    ['', ''],
    ['{host}', 'app.example.com'],
    ['https://{host}/new{rest}?{query}', 'https://app.example.com/new/a?x=1&y=2'],
    ['{path}{query}', '/old/ax=1&y=2'],
    ['{client.ip} {tls.sni} {request.id}.', '192.0.2.1 sni.example.com abc-1.'],
    ['{host}{host}', 'app.example.comapp.example.com'],
    ['{{host}} is {host}', '{host} is app.example.com'],
    ['{"group":"a","of":{"b":[1]}}', '{"group":"a","of":{"b":[1]}}'],
    ['{} { host } {', '{} { host } {'],
  ])('%s becomes %s', (source, text) => {
    expect(new Template(source).render(VALUES)).toBe(text);
  });

  test('leaves the question mark away with the query', () => {
    const bare = { ...VALUES, query: '' };
    expect(new Template('{path}?{query}').render(bare)).toBe('/old/a');
    expect(new Template('{path}?{query}#top').render(bare)).toBe('/old/a#top');
    expect(new Template('/a?b={query}').render(bare)).toBe('/a?b=');
  });

  test('knows when it is the same for every request', () => {
    expect(new Template('no-store').fixed).toBe('no-store');
    expect(new Template('{{host}}').fixed).toBe('{host}');
    expect(new Template('{host}').fixed).toBeUndefined();
  });
});

describe('the variables of a template', () => {
  test.each([
    ['{hots}', 'no variable is named "hots"; did you mean "host"? (as text: {{hots}})'],
    ['a {Host}', 'no variable is named "Host"; did you mean "host"? (as text: {{Host}})'],
    ['{client}', 'no variable is named "client" (as text: {{client}})'],
    ['{{client}} {"a":{"b":1}}', undefined],
    ['{host} {path} {rest} {query} {client.ip} {tls.sni} {request.id}', undefined],
  ])('%s', (source, problem) => {
    expect(templateProblem(source)).toBe(problem);
  });

  test('are looked at in header values', () => {
    expect(headerTemplate.safeParse('a\r\nb').success).toBe(false);
    expect(headerTemplate.safeParse('{nobody}').success).toBe(false);
    expect(headerTemplate.safeParse('{host}').success).toBe(true);
  });
});
