// A real HAProxy under our control: started, asked, changed, reloaded, refused, killed.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { ConfigStore } from '../../../src/haproxy/process/config-store.js';
import { type Death, HaproxyProcess } from '../../../src/haproxy/process/haproxy-process.js';
import { findHaproxy, runProgram } from '../../../src/haproxy/process/program.js';
import { refuseTaken } from '../../../src/haproxy/process/taken-ports.js';
import { refuseUnlessDone } from '../../../src/haproxy/runtime/answers.js';
import * as commands from '../../../src/haproxy/runtime/commands.js';
import { RuntimeSocket } from '../../../src/haproxy/runtime/runtime-socket.js';
import { parseStat } from '../../../src/haproxy/runtime/stat-rows.js';
import { send } from '../../support/http-client.js';
import { HttpMember } from '../../support/http-member.js';
import { keep } from '../../support/keep.js';
import { describeWith } from '../../support/program.js';
import { freePort } from '../../support/servers/server-process.js';

const NO_ORIGIN = (): undefined => undefined;
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A folder, a configuration in it, and a process that is not started yet. */
class Rig {
  readonly store: ConfigStore;
  readonly deaths: Death[] = [];
  readonly process: HaproxyProcess;
  readonly runtime: RuntimeSocket;
  readonly port: number;
  onDeath: (death: Death) => void = (death) => this.deaths.push(death);

  private constructor(directory: string, port: number) {
    this.store = new ConfigStore(directory, 3);
    this.port = port;
    this.process = new HaproxyProcess({
      program: 'haproxy',
      configFile: path.join(this.store.currentFolder, 'haproxy.cfg'),
      masterSocket: path.join(this.store.runFolder, 'master.sock'),
      clock: systemClock,
      onDeath: (death) => this.onDeath(death),
    });
    this.runtime = new RuntimeSocket({
      path: path.join(this.store.runFolder, 'admin.sock'),
      clock: systemClock,
    });
  }

  static async open(): Promise<Rig> {
    const directory = mkdtempSync(path.join(tmpdir(), 'evenkeel-hap-'));
    const rig = new Rig(directory, await freePort());
    cleanups.push(async () => {
      await rig.process.end();
      rmSync(directory, { recursive: true, force: true });
    });
    await rig.store.open();
    return rig;
  }

  async write(members: readonly HttpMember[], more = ''): Promise<void> {
    const servers = members.map((member) => `  server ${member.name} ${member.address} weight 10`);
    const content = `global
  stats socket ${this.runtime.path} mode 600 level admin expose-fd listeners
  hard-stop-after 5s
  default-path config
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend f
  bind 127.0.0.1:${this.port}
  default_backend b
backend b
  balance roundrobin
${servers.join('\n')}
${more}
`;
    const folder = await this.store.write([{ path: 'haproxy.cfg', content }]);
    await this.store.use(folder);
  }

  async change(command: string): Promise<void> {
    refuseUnlessDone(command, await this.runtime.ask(command));
  }
}

describeWith(['haproxy'], 'HAProxy under control', () => {
  test('starts, answers its socket, takes changes, reloads and ends', async () => {
    const [one, two] = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const rig = await Rig.open();
    await rig.write([one]);
    await rig.process.start(NO_ORIGIN);
    await expect(send(rig.port)).resolves.toEqual({ status: 200, body: 'one' });

    const name = { backend: 'b', server: 'two' };
    await rig.change(commands.addServer(name, two.address, ['weight', '10']));
    await rig.change(commands.setState(name, 'ready'));
    await rig.change(commands.setState({ backend: 'b', server: 'one' }, 'maint'));
    await expect(send(rig.port)).resolves.toMatchObject({ body: 'two' });

    const rows = parseStat(await rig.runtime.ask('show stat'));
    expect(rows.map(({ proxy, name: server }) => `${proxy}/${server}`)).toEqual([
      'f/FRONTEND',
      'b/one',
      'b/two',
      'b/BACKEND',
    ]);
    expect(rows[1]?.status).toBe('MAINT');

    await rig.write([two]);
    await rig.process.reload(NO_ORIGIN);
    await expect(send(rig.port)).resolves.toMatchObject({ body: 'two' });
    expect(rig.deaths).toEqual([]);
    await rig.process.end();
    await expect(send(rig.port)).rejects.toThrow(/ECONNREFUSED/);
    expect(rig.deaths).toEqual([]);
  });

  test('answers a batch one by one, refusals in their place', async () => {
    const one = keep(await HttpMember.start('one'));
    const rig = await Rig.open();
    await rig.write([one]);
    await rig.process.start(NO_ORIGIN);
    const answers = await rig.runtime.batch([
      ...Array.from({ length: 500 }, (_, weight) =>
        commands.setWeight({ backend: 'b', server: 'one' }, weight % 256),
      ),
      commands.setWeight({ backend: 'b', server: 'nobody' }, 3),
      'show version',
    ]);
    expect(answers).toHaveLength(502);
    expect(new Set(answers.slice(0, 500))).toEqual(new Set(['']));
    expect(answers[500]).toBe('No such server.');
    expect(answers[501]).toMatch(/^\d+\.\d+/);
  });

  test('a configuration it does not take leaves the old worker serving', async () => {
    const one = keep(await HttpMember.start('one'));
    const rig = await Rig.open();
    await rig.write([one]);
    await rig.process.start(NO_ORIGIN);
    await rig.write([one], '  nonsense here');
    await expect(rig.process.reload((line) => `line ${line}`)).rejects.toThrow(
      /line \d+: HAProxy refuses it: unknown keyword 'nonsense'/,
    );
    await expect(send(rig.port)).resolves.toMatchObject({ body: 'one' });
    await rig.write([one]);
    await rig.process.reload(NO_ORIGIN);
    await expect(send(rig.port)).resolves.toMatchObject({ body: 'one' });
  });

  test('a first configuration that it does not take is refused, and nothing runs', async () => {
    const rig = await Rig.open();
    await rig.write([], '  nonsense here');
    await expect(rig.process.start(NO_ORIGIN)).rejects.toMatchObject({ code: 'EK_SPEC_INVALID' });
    expect(rig.process.isRunning).toBe(false);
    expect(rig.deaths).toEqual([]);
  });

  test('tells when it dies, and can be started again', async () => {
    const one = keep(await HttpMember.start('one'));
    const rig = await Rig.open();
    await rig.write([one]);
    await rig.process.start(NO_ORIGIN);
    const died = new Promise<Death>((resolve) => {
      rig.onDeath = resolve;
    });
    process.kill(rig.process.pid ?? 0, 'SIGKILL');
    await expect(died).resolves.toMatchObject({ reason: 'it was ended by SIGKILL' });
    await rig.process.start(NO_ORIGIN);
    await expect(send(rig.port)).resolves.toMatchObject({ body: 'one' });
  });

  test('a socket that nobody listens on, or that does not answer, is an error in time', async () => {
    const rig = await Rig.open();
    await expect(rig.runtime.ask('show info')).rejects.toMatchObject({ code: 'EK_HAPROXY' });
    const silent = path.join(rig.store.runFolder, 'silent.sock');
    const sockets: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => sockets.push(socket));
    server.listen(silent);
    cleanups.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const patient = new RuntimeSocket({ path: silent, clock: systemClock, timeoutMs: 50 });
    await expect(patient.ask('show info')).rejects.toThrow(/no answer within 50 ms/);
  });

  test('keeps the last configurations, and no more', async () => {
    const rig = await Rig.open();
    for (let i = 0; i < 7; i++) {
      await rig.write([]);
      await rig.store.prune();
    }
    expect(readdirSync(path.join(rig.store.directory, 'configs'))).toEqual([
      '000004',
      '000005',
      '000006',
      '000007',
    ]);
    expect(await rig.store.current()).toMatch(/000007$/);
  });

  test('an address that somebody listens on is refused with the field', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      server.once('listening', resolve);
    });
    cleanups.push(async () => void server.close());
    const bind = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(refuseTaken([{ bind, path: 'frontends[0].bind[0]' }])).rejects.toThrow(
      /^frontends\[0\]\.bind\[0\]: 127.0.0.1:\d+ can't be listened on/,
    );
  });
});

describeWith(['haproxy'], 'findHaproxy', () => {
  test('tells the version', async () => {
    const program = await findHaproxy();
    expect(program.series).toMatch(/^\d+\.\d+$/);
    expect(program.version.startsWith(program.series)).toBe(true);
  });
  test('a program that is not there, or is another one, is EK_PROGRAM', async () => {
    await expect(findHaproxy('/nowhere/haproxy')).rejects.toMatchObject({ code: 'EK_PROGRAM' });
    await expect(findHaproxy('true')).rejects.toMatchObject({ code: 'EK_PROGRAM' });
  });
  test('a program that fails tells its code and what it printed', async () => {
    await expect(runProgram('sh', ['-c', 'echo no >&2; exit 3'])).resolves.toEqual({
      code: 3,
      output: 'no\n',
    });
  });
});
