// The emitter as a whole: nothing is left out silently, the same spec gives the same bytes, and golden files.
import { describe, expect, test } from 'vitest';
import { leafPaths } from '../../../src/emit/config-paths.js';
import { inexactOf, refusalsOf } from '../../../src/emit/fidelity.js';
import { emitHaproxy } from '../../../src/haproxy/emit-haproxy.js';
import { parseSpec } from '../../../src/spec/parse.js';
import { isWithin } from '../../../src/spec/path.js';
import { CORPUS } from '../../corpus/index.js';

describe('emitHaproxy', () => {
  test.each(CORPUS)('says what becomes of every field of $name', ({ spec }) => {
    const config = parseSpec(spec);
    const { report } = emitHaproxy(config);
    const untold = leafPaths(config).filter(
      (leaf) => !report.entries.some(({ path }) => isWithin(leaf, path)),
    );
    expect(untold).toEqual([]);
    expect(report.entries.filter(({ reason }) => reason.startsWith('Not translated'))).toEqual([]);
    for (const { reason } of report.entries) expect(reason).toMatch(/^\S.*\S$/);
  });

  test.each(CORPUS)('writes the same bytes twice: $name', ({ spec }) => {
    for (const target of ['2.6', '3.2'] as const) {
      expect(emitHaproxy(spec, { target }).files).toEqual(
        emitHaproxy(parseSpec(spec), { target }).files,
      );
    }
  });

  test('writes no file when something is refused, and says where', () => {
    const { files, report } = emitHaproxy({
      frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
      pools: [{ name: 'web', strategy: 'peak-ewma' }],
    });
    expect(files).toEqual([]);
    expect(refusalsOf(report)).toMatchObject([{ path: 'pools[0].strategy', fidelity: 'refused' }]);
  });

  test('a strict run fails on what somebody wrote, not on defaults', () => {
    const plain = emitHaproxy({
      frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
      pools: [{ name: 'web', members: ['10.0.0.1:80'] }],
    });
    expect(inexactOf(plain.report)).toEqual([]);
    const written = emitHaproxy({
      frontends: [
        { name: 'web', protocol: 'http', bind: ':80', pool: 'web', timeouts: { total: '5s' } },
      ],
      pools: [{ name: 'web', members: ['10.0.0.1:80'] }],
    });
    expect(inexactOf(written.report).map(({ path }) => path)).toEqual([
      'frontends[0].timeouts.total',
    ]);
  });

  test('writes the shortest answer to compress from 3.2 on, and says before that there is none', () => {
    const spec = {
      frontends: [
        {
          name: 'web',
          protocol: 'http' as const,
          bind: ':80',
          pool: 'web',
          compression: { algorithms: ['gzip' as const], minBytes: 2000 },
        },
      ],
      pools: [{ name: 'web' }],
    };
    const written = (['2.6', '3.2'] as const).map((target) => {
      const { files, report } = emitHaproxy(spec, { target });
      const place = report.entries.find(({ path }) => path.endsWith('.minBytes'));
      const text = String(files.find(({ path }) => path === 'haproxy.cfg')?.content);
      return [place?.fidelity, /compression minsize-res (\d+)/.exec(text)?.[1]];
    });
    expect(written).toEqual([
      ['approximated', undefined],
      ['exact', '2000'],
    ]);
  });

  test('refuses what HAProxy can not do, and never leaves it out', () => {
    const { files, report } = emitHaproxy({
      frontends: [
        { name: 'web', protocol: 'https', bind: ':443', pool: 'web', tls: { selfSigned: true } },
      ],
      pools: [{ name: 'web', members: ['10.0.0.1:443'], tls: { sni: 'member' } }],
      ha: {
        id: 51,
        priority: 100,
        peers: ['10.0.0.6:7946'],
        bind: '10.0.0.5:7946',
        secretEnv: 'PATH',
        address: { memory: true },
      },
    });
    expect(files).toEqual([]);
    const refused = refusalsOf(report).map(({ path }) => path);
    expect(refused).toContain('frontends[0].tls');
    expect(refused).toContain('pools[0].members[0].address');
    expect(report.entries.find(({ path }) => path === 'ha')?.elsewhere).toBe('keepalived');
  });

  test('leaves udp frontends to nginx', () => {
    const { files, report } = emitHaproxy({
      frontends: [
        { name: 'dns', protocol: 'udp', bind: ':53', pool: 'dns' },
        { name: 'web', protocol: 'http', bind: ':80', pool: 'web' },
      ],
      pools: [
        { name: 'dns', members: ['10.0.0.1:53'] },
        { name: 'web', members: ['10.0.0.1:80'] },
      ],
    });
    expect(files.map(({ path }) => path)).toContain('haproxy.cfg');
    expect(report.entries.filter(({ elsewhere }) => elsewhere === 'nginx')).toMatchObject([
      { path: 'frontends[0]' },
      { path: 'pools[0]' },
    ]);
  });

  test('tells which place of the spec a line comes from', () => {
    const { files, places } = emitHaproxy({
      frontends: [{ name: 'web', protocol: 'http', bind: ['127.0.0.1:80'], pool: 'web' }],
      pools: [{ name: 'web', members: ['10.0.0.1:80'] }],
    });
    const text = String(files.find(({ path }) => path === 'haproxy.cfg')?.content).split('\n');
    const placeOf = (start: string): string | undefined =>
      places.get(text.findIndex((line) => line.startsWith(start)) + 1);
    expect(placeOf('  bind ')).toBe('frontends[0].bind[0]');
    expect(placeOf('  server ')).toBe('pools[0].members[0]');
    expect(placeOf('backend ')).toBe('pools[0]');
  });
});
