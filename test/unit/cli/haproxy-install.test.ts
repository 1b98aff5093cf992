import { describe, expect, test } from 'vitest';
import { type InstallEffects, install } from '../../../src/cli/haproxy-install.js';

const DEBIAN = { osRelease: 'ID=debian\n', isRoot: true, installed: undefined };

interface World {
  readonly answer?: boolean;
  readonly codes?: readonly number[];
  readonly version?: string;
}

/** Effects that only take note of what was asked of them. */
function world({ answer, codes = [], version }: World) {
  const seen: string[] = [];
  const left = [...codes];
  const effects: InstallEffects = {
    tell: (line) => void seen.push(line),
    complain: (line) => void seen.push(`! ${line}`),
    ask: async (question) => {
      seen.push(`? ${question.trim()}`);
      return answer;
    },
    run: (command) => {
      seen.push(`$ ${command.slice(0, 2).join(' ')}`);
      return left.shift() ?? 0;
    },
    look: async () => version,
  };
  return { seen, effects };
}

describe('evenkeel haproxy install', () => {
  test('asks, runs, and looks whether HAProxy is there', async () => {
    const { seen, effects } = world({ answer: true, version: '2.6.12' });
    expect(await install(DEBIAN, false, effects)).toBe(0);
    expect(seen.slice(3)).toEqual([
      '? go on? [y/N]',
      '$ apt-get update',
      '$ apt-get install',
      'haproxy 2.6.12 is installed',
    ]);
  });

  test('does not ask with --yes', async () => {
    const { seen, effects } = world({ version: '2.6.12' });
    expect(await install(DEBIAN, true, effects)).toBe(0);
    expect(seen.join('\n')).not.toContain('?');
  });

  test('runs nothing when the answer is no, or when there is nobody to ask', async () => {
    const no = world({ answer: false });
    expect(await install(DEBIAN, false, no.effects)).toBe(0);
    expect(no.seen.at(-1)).toBe('nothing was done');
    const nobody = world({});
    expect(await install(DEBIAN, false, nobody.effects)).toBe(1);
    expect(nobody.seen.at(-1)).toBe('! there is nobody to ask: add --yes');
    expect([...no.seen, ...nobody.seen].filter((line) => line.startsWith('$'))).toEqual([]);
  });

  test('stops at the first command that fails', async () => {
    const { seen, effects } = world({ codes: [100] });
    expect(await install(DEBIAN, true, effects)).toBe(1);
    expect(seen.slice(-2)).toEqual(['$ apt-get update', '! "apt-get update" failed (100)']);
  });

  test('fails if HAProxy is not there afterwards', async () => {
    const { effects } = world({});
    expect(await install(DEBIAN, true, effects)).toBe(1);
  });

  test('tells the command of RHEL and ends well; without root on Debian it is an error', async () => {
    const rhel = world({});
    expect(await install({ ...DEBIAN, osRelease: 'ID=rhel\n' }, true, rhel.effects)).toBe(0);
    expect(rhel.seen).toEqual(['on rhel it is installed by hand:\n  dnf install haproxy']);
    const user = world({});
    expect(await install({ ...DEBIAN, isRoot: false }, true, user.effects)).toBe(1);
    expect(user.seen[0]).toContain('! only root may install packages:\n  sudo apt-get');
  });
});
