import { describe, expect, test } from 'vitest';
import {
  appendElement,
  hasOpenQuote,
  renderForwarded,
  renderNode,
  renderParameter,
} from '../../../src/wire/forwarded.js';

describe('Forwarded (RFC 7239)', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '"[2001:db8::1]"'],
    ['unknown', 'unknown'],
  ])('the node %s is written %s', (address, node) => {
    expect(renderNode(address)).toBe(node);
  });

  test.each([
    ['example.test', 'example.test'],
    ['example.test:8080', '"example.test:8080"'],
    ['[::1]', '"[::1]"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['', '""'],
  ])('the value %j is written %j', (value, text) => {
    expect(renderParameter(value)).toBe(text);
  });

  test('an element has what is known', () => {
    expect(renderForwarded({ for: '192.0.2.1', proto: 'http' })).toBe('for=192.0.2.1;proto=http');
    expect(renderForwarded({ for: '::1', proto: 'https', host: 'a:1', by: '192.0.2.9' })).toBe(
      'for="[::1]";proto=https;host="a:1";by=192.0.2.9',
    );
  });

  test.each([
    [undefined, 'b'],
    ['', 'b'],
    ['  ', 'b'],
    ['a', 'a, b'],
    [' a , x ', 'a , x, b'],
  ])('to %j ours is appended', (received, expected) => {
    expect(appendElement(received, 'b')).toBe(expected);
  });

  test.each([
    ['for=a', false],
    ['for="[::1]";by="_x, y"', false],
    ['for="a\\"b"', false],
    ['for="', true],
    ['for="a\\"', true],
    ['for="a\\', true],
    ['for=a\\"', true],
  ])('%s has an open quote: %s', (value, isOpen) => {
    expect(hasOpenQuote(value)).toBe(isOpen);
  });
});
