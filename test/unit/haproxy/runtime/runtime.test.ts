import { describe, expect, test } from 'vitest';
import { isDone, refuseUnlessDone, splitAnswers } from '../../../../src/haproxy/runtime/answers.js';
import * as commands from '../../../../src/haproxy/runtime/commands.js';
import { parseStat } from '../../../../src/haproxy/runtime/stat-rows.js';

describe('splitAnswers', () => {
  test.each([
    ['\n', ['']],
    ['\nNo such server.\n\n\n', ['', 'No such server.', '']],
    ['2.6.12\n\n', ['2.6.12']],
    ['a\nb\n\n\n', ['a\nb', '']],
    ['', []],
  ])('%j', (text, answers) => {
    expect(splitAnswers(text)).toEqual(answers);
  });
});

describe('isDone', () => {
  test.each([
    '',
    'New server registered.',
    'Server deleted.',
    "no need to change the addr, port changed from '18081' to '9' by 'stats socket command'",
    "IP changed from '127.0.0.1' to '127.0.0.2' by 'stats socket command'",
    'Transaction created for certificate certs/a.pem!',
    'Committing certs/a.pem.\nSuccess!',
  ])('%j is', (answer) => {
    expect(isDone(answer)).toBe(true);
  });
  test.each([
    'No such server.',
    'Backend must use a dynamic load balancing to support dynamic servers.',
    'Server still has connections attached to it, cannot remove it.',
    'Relative weight can only be changed to 0% or 100%',
    'Unknown command: "x"',
  ])('%j is not', (answer) => {
    expect(() => refuseUnlessDone('set x', answer)).toThrow(answer);
  });
});

const S1 = { backend: 'b', server: 's1' };

describe('commands', () => {
  test.each([
    [commands.setState(S1, 'maint'), 'set server b/s1 state maint'],
    [commands.setWeight(S1, 5), 'set server b/s1 weight 5'],
    [commands.setWeight(S1, '50%'), 'set server b/s1 weight 50%'],
    [commands.setMaxConnections(S1, 7), 'set maxconn server b/s1 7'],
    [
      commands.addServer(S1, '10.0.0.1:80', ['check', 'inter', '2s']),
      'add server b/s1 10.0.0.1:80 check inter 2s',
    ],
    [commands.deleteServer(S1), 'del server b/s1'],
    [commands.enableHealth(S1), 'enable health b/s1'],
    [commands.shutdownSessions(S1), 'shutdown sessions server b/s1'],
    [commands.setMapEntry('a.map', 'k', 'v'), 'set map a.map k v'],
    [commands.addMapEntry('a.map', 'k', 'v'), 'add map a.map k v'],
    [commands.deleteMapEntry('a.map', 'k'), 'del map a.map k'],
    [commands.setCertificate('a.pem'), 'set ssl cert a.pem'],
    [commands.commitCertificate('a.pem'), 'commit ssl cert a.pem'],
    [commands.abortCertificate('a.pem'), 'abort ssl cert a.pem'],
  ])('%s', (command, text) => {
    expect(command).toBe(text);
  });

  test('a word keeps its blanks and semicolons, so that it can not become a second command', () => {
    expect(commands.word('a b;c\\d')).toBe('a\\ b\\;c\\\\d');
    expect(commands.setAddress({ backend: 'b', server: 's 1' }, 'x;shutdown', 80)).toBe(
      'set server b/s\\ 1 addr x\\;shutdown port 80',
    );
  });
  test('control characters are refused: no escape carries them', () => {
    expect(() =>
      commands.addServer({ backend: 'b', server: 's' }, '10.0.0.1:80\nquit', []),
    ).toThrow(/not a word/);
    expect(() => commands.word('')).toThrow(/not a word/);
  });
});

describe('parseStat', () => {
  const csv =
    '# pxname,svname,qcur,scur,status,last_chk,weight,\n' +
    'b,s1,0,3,UP 1/3,"L4CON, at ""once""",10,\n' +
    'b,BACKEND,,,UP,,10,\n';

  test('finds columns by name, and unquotes', () => {
    const [server, backend] = parseStat(csv);
    expect(server).toMatchObject({ proxy: 'b', name: 's1', status: 'UP 1/3' });
    expect(server?.number('scur')).toBe(3);
    expect(server?.text('last_chk')).toBe('L4CON, at "once"');
    expect(backend?.number('scur')).toBe(0);
    expect(backend?.text('a-column-of-a-later-version')).toBe('');
  });
});
