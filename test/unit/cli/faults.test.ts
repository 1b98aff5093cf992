import { describe, expect, test } from 'vitest';
import { issuesOf, renderIssues } from '../../../src/cli/faults.js';
import { EvenkeelError, SpecError } from '../../../src/core/errors.js';

const ISSUE = { path: 'pools[0].name', code: 'EK_SPEC_INVALID', message: 'is missing' } as const;

describe('issuesOf', () => {
  test('takes the issues of a spec as they are, and makes one of any other fault', () => {
    expect(issuesOf(new SpecError([ISSUE]))).toEqual([ISSUE]);
    expect(issuesOf(new EvenkeelError('EK_BIND', 'the address is in use'))).toEqual([
      { path: '', code: 'EK_BIND', message: 'the address is in use' },
    ]);
  });

  test('lets errors through that are no faults of a spec', () => {
    expect(() => issuesOf(new TypeError('a bug'))).toThrow('a bug');
  });
});

describe('renderIssues', () => {
  test('counts, then one line each, its path first', () => {
    const whole = { path: '', code: 'EK_BIND', message: 'the address is in use' } as const;
    expect(renderIssues('web.yaml', [ISSUE, whole])).toBe(
      'web.yaml: 2 faults\n  pools[0].name: is missing\n  the address is in use',
    );
  });

  test('says a file’s name only once', () => {
    const unreadable = {
      path: '',
      code: 'EK_SPEC_FILE',
      message: 'web.yaml: there is no such file',
    } as const;
    expect(renderIssues('web.yaml', [unreadable])).toBe('web.yaml: there is no such file');
  });
});
