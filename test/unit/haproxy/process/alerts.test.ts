import { describe, expect, test } from 'vitest';
import { SpecError } from '../../../../src/core/errors.js';
import { parseNotices, refusal } from '../../../../src/haproxy/process/alerts.js';

const BAD_WORD = `[NOTICE]   (7) : haproxy version is 2.6.12-1+deb12u4
[ALERT]    (7) : config : parsing [haproxy.cfg:17] : unknown keyword 'badline' in 'backend' section
[ALERT]    (7) : config : Error(s) found in configuration file : haproxy.cfg
[ALERT]    (7) : config : Fatal errors found in configuration.
[WARNING]  (7) : Loading failure!`;
const TAKEN = `[ALERT]    (7) : Binding [haproxy.cfg:11] for frontend f: cannot bind socket (Address already in use) for [127.0.0.1:80]
[ALERT]    (7) : [haproxy.main()] Some protocols failed to start their listeners! Exiting.`;

const origin = (line: number): string | undefined => (line > 10 ? `line${line}` : undefined);

describe('parseNotices', () => {
  test('takes level, place and message apart', () => {
    expect(parseNotices(BAD_WORD)[1]).toEqual({
      level: 'alert',
      file: 'haproxy.cfg',
      line: 17,
      message: "unknown keyword 'badline' in 'backend' section",
    });
  });
  test('leaves out what is no notice', () => {
    expect(parseNotices('hello\n\n')).toEqual([]);
  });
});

describe('refusal', () => {
  test('has an issue per alert, at the field that its line came from', () => {
    const error = refusal(BAD_WORD, origin);
    expect(error).toBeInstanceOf(SpecError);
    expect((error as SpecError).issues).toEqual([
      {
        path: 'line17',
        code: 'EK_HAPROXY',
        message:
          "HAProxy refuses it: unknown keyword 'badline' in 'backend' section (haproxy.cfg:17)",
      },
    ]);
  });
  test('an address in use is EK_BIND, with the field and the address', () => {
    const error = refusal(TAKEN, origin);
    expect(error.code).toBe('EK_BIND');
    expect(error.message).toMatch(/^line11: .*Address already in use.*127\.0\.0\.1:80/);
  });
  test('without an alert it has the last lines', () => {
    const error = refusal('Segmentation fault', origin);
    expect(error.code).toBe('EK_HAPROXY');
    expect(error.message).toContain('Segmentation fault');
  });
});
