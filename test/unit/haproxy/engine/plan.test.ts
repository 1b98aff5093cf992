import { describe, expect, test } from 'vitest';
import {
  addableSettings,
  type Plan,
  planChange,
  type WrittenConfig,
} from '../../../../src/haproxy/engine/plan.js';
import { readServerWords, renderServerWords } from '../../../../src/haproxy/engine/server-words.js';
import { splitConfig } from '../../../../src/haproxy/engine/servers.js';

interface Parts {
  readonly balance?: string;
  readonly servers: readonly string[];
  readonly more?: string;
  readonly files?: Readonly<Record<string, string>>;
}

function config({ balance = 'roundrobin', servers, more = '', files = {} }: Parts): WrittenConfig {
  return {
    text: `# hash ${servers.length}
global
  stats socket /run/a.sock
frontend f
  bind 127.0.0.1:80
  use_backend %[path,map_str(routes.map)] if { path,map_str(routes.map) -m found }
  use_backend %[path,map_beg(prefixes.map)]
  use_backend %[path,map_reg(patterns.map)]
backend b
  balance ${balance}
  default-server inter 2s check
  ${servers.map((server) => `server ${server}`).join('\n  ')}
  ${more}
`,
    files: Object.entries(files).map(([path, content]) => ({ path, content })),
  };
}

const S1 = 's1 10.0.0.1:80 id 1 weight 10';
const S2 = 's2 10.0.0.2:80 id 2 weight 10';

function plan(before: Parts, after: Parts, series = '2.6'): Plan {
  return planChange(config(before), config(after), series);
}

function steps(before: Parts, after: Parts, series = '2.6'): readonly unknown[] {
  const made = plan(before, after, series);
  if (made.kind !== 'runtime') throw new Error(`${made.kind}: ${JSON.stringify(made)}`);
  return made.steps.map(({ kind, ...rest }) => {
    const { line, ...values } = rest as { line?: { server: string } };
    return { kind, ...(line === undefined ? {} : { server: line.server }), ...values };
  });
}

describe('planChange by commands', () => {
  test('nothing, when only comments differ', () => {
    expect(plan({ servers: [S1] }, { servers: [S1], more: '# a note' })).toEqual({
      kind: 'nothing',
    });
  });
  test('a weight', () => {
    const after = [S1.replace('weight 10', 'weight 3'), S2];
    expect(steps({ servers: [S1, S2] }, { servers: after })).toEqual([
      { kind: 'weight', server: 's1', weight: 3 },
    ]);
  });
  test('maintenance, and back', () => {
    expect(steps({ servers: [S1] }, { servers: [`${S1} disabled`] })).toEqual([
      { kind: 'state', server: 's1', state: 'maint' },
    ]);
    expect(steps({ servers: [`${S1} disabled`] }, { servers: [S1] })).toEqual([
      { kind: 'state', server: 's1', state: 'ready' },
    ]);
  });
  test('an address, and a bound that was there before', () => {
    const [before, after] = [`${S1} maxconn 5`, `${S1.replace(':80', ':81')} maxconn 9`];
    expect(steps({ servers: [before] }, { servers: [after] })).toEqual([
      { kind: 'address', server: 's1' },
      { kind: 'max-connections', server: 's1', count: 9 },
    ]);
  });
  test('servers that come and go', () => {
    expect(steps({ servers: [S1] }, { servers: [S2] })).toEqual([
      { kind: 'add', server: 's2' },
      { kind: 'remove', server: 's1' },
    ]);
  });
  test('servers with a cookie come from 3.0', () => {
    const after = { servers: [S1, `${S2} cookie s2`] };
    expect(plan({ servers: [S1] }, after)).toMatchObject({ kind: 'reload' });
    expect(steps({ servers: [S1] }, after, '3.0')).toEqual([{ kind: 'add', server: 's2' }]);
  });
  test('the content of a certificate', () => {
    const [before, after] = [{ 'certs/a.pem': 'old' }, { 'certs/a.pem': 'new' }];
    expect(steps({ servers: [S1], files: before }, { servers: [S1], files: after })).toEqual([
      { kind: 'certificate', file: 'certs/a.pem', content: 'new' },
    ]);
  });
  test('entries of a map that is looked up by whole keys', () => {
    const before = { 'routes.map': '# note\n/a a\n/b b\n/c c\n' };
    const after = { 'routes.map': '/b b2\n/c c\n/d d\n' };
    expect(steps({ servers: [S1], files: before }, { servers: [S1], files: after })).toEqual([
      {
        kind: 'map',
        file: 'routes.map',
        set: new Map([['/b', 'b2']]),
        added: new Map([['/d', 'd']]),
        removed: ['/a'],
      },
    ]);
  });
});

describe('planChange by a reload', () => {
  const before: Parts = { servers: [S1, S2] };
  test.each<[string, Parts, Parts, RegExp]>([
    [
      'another line',
      before,
      { ...before, more: 'timeout server 3s' },
      /"timeout server 3s" is new/,
    ],
    ['a line that goes', { ...before, more: 'retries 3' }, before, /"retries 3" goes/],
    [
      'another algorithm',
      before,
      { ...before, balance: 'leastconn' },
      /"balance leastconn" is new/,
    ],
    [
      'a weight of a static algorithm',
      { ...before, balance: 'static-rr' },
      {
        servers: [S1.replace('10', '10').replace('weight 10', 'weight 2'), S2],
        balance: 'static-rr',
      },
      /the weight of server b\/s1 is static/,
    ],
    [
      'a member of a map-based hash',
      { ...before, balance: 'source' },
      { servers: [S1], balance: 'source' },
      /server b\/s2 goes, and source is static/,
    ],
    [
      'another keyword',
      before,
      { servers: [S1, `${S2} backup`] },
      /"backup" of server b\/s2 changes/,
    ],
    ['a first bound', before, { servers: [S1, `${S2} maxconn 3`] }, /begins or ceases/],
    [
      'a server that is found by resolvers',
      { servers: [S1] },
      { servers: [S1, `${S2} resolvers r`] },
      /its "resolvers" can't be added/,
    ],
    ['a new file', before, { ...before, files: { 'a.pem': 'x' } }, /a\.pem is new/],
    ['a file that goes', { ...before, files: { 'a.pem': 'x' } }, before, /a\.pem goes/],
    [
      'a map whose order counts',
      { ...before, files: { 'patterns.map': '/a a' } },
      { ...before, files: { 'patterns.map': '/a b' } },
      /patterns\.map changes/,
    ],
    [
      'an error page',
      { ...before, files: { 'errors/503.http': 'a' } },
      { ...before, files: { 'errors/503.http': 'b' } },
      /errors\/503\.http changes/,
    ],
  ])('%s', (_name, from, to, reason) => {
    const made = plan(from, to);
    expect(made.kind).toBe('reload');
    expect((made as { reason: string }).reason).toMatch(reason);
  });
  test('a backend that a consistent hash serves takes members without one', () => {
    const hash = { balance: 'source', more: 'hash-type consistent' };
    expect(steps({ servers: [S1], ...hash }, { servers: [S1, S2], ...hash })).toEqual([
      { kind: 'add', server: 's2' },
    ]);
  });
});

describe('server words', () => {
  test('flags take no value, everything else takes one, the last one counts', () => {
    const settings = readServerWords(['check', 'inter', '2s', 'weight', '1', 'weight', '5']);
    expect([...settings]).toEqual([
      ['check', ''],
      ['inter', '2s'],
      ['weight', '5'],
    ]);
    expect(renderServerWords(settings)).toEqual(['check', 'inter', '2s', 'weight', '5']);
  });
  test('a server that is added has what default-server says, without what can not be added', () => {
    const { backends } = splitConfig(config({ servers: [`${S1} init-addr none disabled`] }).text);
    const line = backends.get('b')?.servers.get('s1');
    if (line === undefined) throw new Error('no line');
    expect(renderServerWords(addableSettings(line))).toEqual(
      'inter 2s check id 1 weight 10'.split(' '),
    );
  });
});
