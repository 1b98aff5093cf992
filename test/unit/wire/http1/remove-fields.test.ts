import { describe, expect, test } from 'vitest';
import { applyEdits } from '../../../../src/wire/http1/edit.js';
import { removeFields } from '../../../../src/wire/http1/remove-fields.js';
import { parseRequestHead } from '../../../../src/wire/http1/request-head.js';
import { RequestHead } from '../../../../src/wire/http1/request-record.js';

function without(lines: string, ...names: string[]): string {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
  const head = new RequestHead();
  parseRequestHead(head, bytes, 0, bytes.length, { headerBytes: 4096, headers: 100 });
  removeFields(bytes, head, names);
  return bytes.toString('latin1', applyEdits(bytes, head)).split('Host: a\r\n')[1] ?? '';
}

describe('removeFields', () => {
  test('takes every line of the name, whatever its case', () => {
    expect(without('X-A: 1\r\nX-B: 2\r\nx-a: 3\r\nX-AB: 4\r\n', 'x-a')).toBe(
      'X-B: 2\r\nX-AB: 4\r\n\r\n',
    );
  });

  test('takes names that differ by _ and - only', () => {
    expect(without('X_Real_IP: 1\r\nX-Real_IP: 2\r\nX-RealxIP: 3\r\n', 'x-real-ip')).toBe(
      'X-RealxIP: 3\r\n\r\n',
    );
    expect(without('X-User: 1\r\nX_USER: 2\r\n', 'x_user')).toBe('\r\n');
  });
});
