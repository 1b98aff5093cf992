// The services that `evenkeel systemd` prints: systemd takes them, and they are as closed as they say.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCli } from '../support/evenkeel-cli.js';
import { describeWith, programPath } from '../support/program.js';
import { runProgram } from '../support/run-program.js';

let folder = '';
beforeAll(async () => {
  vi.stubEnv('EVENKEEL_HA_SECRET', 'a secret of at least thirty-two characters');
  folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-systemd-'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const WEB = `
frontends: [{ name: public, protocol: http, bind: ":80", pool: web, drain: { timeout: 90s } }]
pools: [{ name: web, members: ["10.0.0.1:80"] }]
`;
const PAIR = `${WEB}
ha:
  id: 51
  priority: 200
  bind: "10.0.0.5:7946"
  peers: ["10.0.0.6:7946"]
  secretEnv: EVENKEEL_HA_SECRET
  address: { ip: 192.0.2.10/24, interface: eth0 }
`;

async function unitOf(spec: string, ...options: readonly string[]): Promise<string> {
  // A name with what is special in a command line of systemd.
  const file = path.join(folder, "a b%n$x'.yaml");
  await writeFile(file, spec);
  const { code, stdout, stderr } = await runCli(['systemd', file, '--name', 'web', ...options]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

/** What `systemd-analyze verify` says of a unit. */
async function complaintsAbout(unit: string): Promise<string> {
  const file = path.join(folder, 'evenkeel-web.service');
  await writeFile(file, unit);
  const { code, stdout, stderr } = await runProgram(programPath('systemd-analyze'), [
    'verify',
    '--man=no',
    '--recursive-errors=no',
    file,
  ]);
  const told = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('evenkeel-web'));
  return [...(code === 0 ? [] : [`exit ${code}`, stdout, stderr]), ...told].join('\n');
}

describeWith(['systemd-analyze'], 'evenkeel systemd', () => {
  test.each([
    ['in process', WEB, []],
    ['on HAProxy, for a user', WEB, ['--engine', 'haproxy', '--user', 'root']],
    ['with an exporter', WEB, ['--engine', 'haproxy', '--prometheus', '127.0.0.1:8405']],
    ['for a pair', PAIR, ['--allow-exec']],
  ])('systemd has nothing to say about the service %s', async (_name, spec, options) => {
    expect(await complaintsAbout(await unitOf(spec, ...options))).toBe('');
  });

  test('a fault in it would be told', async () => {
    const unit = await unitOf(WEB);
    expect(await complaintsAbout(unit.replace('KillMode=mixed', 'KillMode=sometimes'))).toContain(
      'kill mode',
    );
  });

  test('waits for the longest drain, and gives a pair what moves its address', async () => {
    const unit = await unitOf(WEB);
    expect(unit).toContain('TimeoutStopSec=100\n');
    expect(unit).toContain('CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n');
    expect(unit).toContain(`/a b%%n$$x'.yaml" --json\n`);
    expect(await unitOf(PAIR)).toContain(
      'CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_ADMIN CAP_NET_RAW\n',
    );
    expect(await unitOf(WEB, '--engine', 'haproxy')).toContain(
      ' --json --engine haproxy --directory /var/lib/evenkeel/web\n',
    );
  });

  test('a HAProxy outlives an evenkeel that dies, and nothing else does', async () => {
    expect(await unitOf(WEB)).toContain('\nKillMode=mixed\n');
    const unit = await unitOf(WEB, '--engine', 'haproxy');
    expect(unit).toContain('\nKillMode=process\n');
    expect(unit).toContain('\nRestart=on-failure\n');
  });

  test('a faulty spec, or a name that is none, prints no service', async () => {
    const file = path.join(folder, 'faulty.yaml');
    await writeFile(file, WEB.replace('pool: web', 'pool: webb'));
    const faulty = await runCli(['systemd', file]);
    expect([faulty.code, faulty.stdout]).toEqual([1, '']);
    expect(faulty.stderr).toContain('did you mean "web"?');
    await writeFile(file, WEB);
    const named = await runCli(['systemd', file, '--user', 'a b\nExecStartPre=/bin/sh']);
    expect([named.code, named.stdout]).toEqual([1, '']);
    expect(named.stderr).toContain('--user must be');
  });

  test('an exporter is for HAProxy only', async () => {
    const { code, stderr } = await runCli(['systemd', 'web.yaml', '--prometheus', ':8405']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('--prometheus belongs to --engine haproxy'),
    });
  });
});
