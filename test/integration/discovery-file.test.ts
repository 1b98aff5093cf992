import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Emitter } from '../../src/core/emitter.js';
import { createEnvironment } from '../../src/core/environment.js';
import { FileDiscovery } from '../../src/pool/discovery/file.js';
import { Pool } from '../../src/pool/pool.js';
import { VirtualClock } from '../../src/testkit/virtual-clock.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-discovery-'));
  file = path.join(folder, 'members.json');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function createPool(): Pool {
  return new Pool({ name: 'web', discovery: { type: 'file', path: file }, defaultPort: 8080 });
}

const addresses = (pool: Pool): string =>
  pool
    .status()
    .members.map((member) => member.address)
    .join(' ');

describe('discovery by a file', () => {
  test('reads JSON with short and long members', async () => {
    await writeFile(file, JSON.stringify(['10.0.0.1:80', { address: '10.0.0.2', weight: 5 }]));
    await using pool = createPool();
    await pool.start();
    expect(addresses(pool)).toBe('10.0.0.1:80 10.0.0.2:8080');
    expect(pool.members[1]?.state.weight).toBe(5);
  });

  test('reads an object with members, and lines with comments', async () => {
    await writeFile(file, '{ "members": ["10.0.0.1:80"] }');
    await using pool = createPool();
    await pool.start();
    expect(addresses(pool)).toBe('10.0.0.1:80');
    const changed = pool.events.once('pool:discovery');
    await writeFile(file, '# the west wing\n10.0.0.3:80   # old\n\n[::1]:81\n');
    await changed;
    expect(addresses(pool)).toBe('10.0.0.3:80 [::1]:81');
  });

  test('follows writes, renames over the file and swapped links', async () => {
    await writeFile(file, '["10.0.0.1:80"]');
    await using pool = createPool();
    await pool.start();
    let changed = pool.events.once('pool:discovery');
    await writeFile(file, '["10.0.0.1:80", "10.0.0.2:80"]');
    await changed;
    expect(addresses(pool)).toBe('10.0.0.1:80 10.0.0.2:80');

    changed = pool.events.once('pool:discovery');
    await writeFile(`${file}.new`, '["10.0.0.3:80"]');
    await rename(`${file}.new`, file);
    await changed;
    expect(addresses(pool)).toBe('10.0.0.3:80');

    // As a mounted ConfigMap does it: the file is a link through a link that is replaced.
    changed = pool.events.once('pool:discovery');
    for (const [version, address] of ['10.0.0.4:80', '10.0.0.5:80'].entries()) {
      await mkdir(path.join(folder, `v${version}`));
      await writeFile(path.join(folder, `v${version}`, 'members.json'), `["${address}"]`);
    }
    await symlink('v0', path.join(folder, 'data'));
    await symlink('data/members.json', path.join(folder, 'link'));
    await rename(path.join(folder, 'link'), file);
    await changed;
    expect(addresses(pool)).toBe('10.0.0.4:80');

    changed = pool.events.once('pool:discovery');
    await symlink('v1', path.join(folder, 'data.new'));
    await rename(path.join(folder, 'data.new'), path.join(folder, 'data'));
    await changed;
    expect(addresses(pool)).toBe('10.0.0.5:80');
  });

  test.each([
    ['half a document', '["10.0.0.1:80", '],
    ['nothing', ''],
    ['a member with faults', '[{ "address": "10.0.0.1:80", "wait": 3 }]'],
    ['something else', '{ "servers": [] }'],
  ])('a file with %s changes nothing and is reported', async (_, text) => {
    await writeFile(file, '["10.0.0.1:80"]');
    await using pool = createPool();
    await pool.start();
    const failed = pool.events.once('pool:discovery-failed');
    await writeFile(file, text);
    expect((await failed).reason).toContain(`file ${file}: `);
    expect(addresses(pool)).toBe('10.0.0.1:80');
    const back = pool.events.once('pool:discovery');
    await writeFile(file, '["10.0.0.1:80"]');
    expect(await back).toMatchObject({ added: 0, removed: 0 });
  });

  test('a file that is not there yet is a failure until it is', async () => {
    await using pool = createPool();
    const failed = pool.events.once('pool:discovery-failed');
    await pool.start();
    expect((await failed).reason).toContain('ENOENT');
    const changed = pool.events.once('pool:discovery');
    await writeFile(file, '["10.0.0.1:80"]');
    await changed;
    expect(addresses(pool)).toBe('10.0.0.1:80');
  });

  test('a folder that is not there yet is looked for again', async () => {
    const clock = new VirtualClock();
    const heard: number[] = [];
    const discovery = new FileDiscovery({
      path: path.join(folder, 'later', 'members.json'),
      defaultPort: undefined,
      environment: createEnvironment({ clock }),
    });
    const found = new Emitter<{ members: number }>();
    await discovery.start({
      onMembers: (members) => found.emit('members', members.length),
      onFailure: () => heard.push(-1),
    });
    expect(heard).toEqual([-1]);
    await mkdir(path.join(folder, 'later'));
    await writeFile(path.join(folder, 'later', 'members.json'), '["10.0.0.1:80"]');
    const members = found.once('members');
    clock.advance(10_000);
    expect(await members).toBe(1);
    await discovery.close();
    expect(clock.pending).toBe(0);
  });
});
