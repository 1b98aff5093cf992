import { describe, expect, test } from 'vitest';
import { quote, renderFailure } from '../../../src/health/reason.js';

function errorWith(fields: object, message = 'technical words'): Error {
  return Object.assign(new Error(message), fields);
}

describe('renderFailure', () => {
  test.each([
    ['connect refused', errorWith({ code: 'ECONNREFUSED' })],
    ['connection reset', errorWith({ code: 'ECONNRESET' })],
    ['too many open files here', errorWith({ code: 'EMFILE' })],
    ['name not found', errorWith({ code: 'ENOTFOUND' })],
    ['malformed answer', errorWith({ code: 'HPE_INVALID_CONSTANT' })],
    [
      'tls: wrong version number',
      errorWith({ code: 'ERR_SSL', library: 'SSL routines', reason: 'wrong version number' }),
    ],
    [
      'tls: wrong version number',
      errorWith(
        { code: 'EPROTO' },
        'write EPROTO 805C:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:x.c:350:\n',
      ),
    ],
    ['connection closed without an answer', errorWith({ code: 'ECONNRESET' }, 'socket hang up')],
    ['http/2: protocol error', errorWith({ code: 'ERR_HTTP2_ERROR' }, 'Protocol error')],
    ['its own words', new Error('its own words')],
    ['TypeError', new TypeError()],
    ['just text', 'just text'],
    [
      'host unreachable',
      new AggregateError([errorWith({ code: 'EHOSTUNREACH' }), errorWith({ code: 'EPIPE' })]),
    ],
  ])('says "%s"', (reason, error) => {
    expect(renderFailure(error)).toBe(reason);
  });
});

describe('quote', () => {
  test('shows control characters and other bytes as dots', () => {
    expect(quote(Buffer.from([0x41, 0, 0x0a, 0xff, 0x42]))).toBe('"A...B"');
  });

  test('cuts after 60 characters', () => {
    expect(quote('x'.repeat(61))).toBe(`"${'x'.repeat(60)}..."`);
    expect(quote('x'.repeat(60))).toBe(`"${'x'.repeat(60)}"`);
  });
});
