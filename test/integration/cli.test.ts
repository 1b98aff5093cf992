// The command line as people and machines use it: the built program, its lines, signals and exit codes.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { RunningCli, runCli } from '../support/evenkeel-cli.js';
import { send } from '../support/http-client.js';
import { HttpMember } from '../support/http-member.js';
import { keep } from '../support/keep.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function specFile(text: string, name: string = 'spec.yaml'): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

function webYaml(members: readonly HttpMember[]): string {
  const list = members.map(({ name, address }) => `{ name: ${name}, address: "${address}" }`);
  return `
name: web-lb
frontends:
  - { name: public, protocol: http, bind: ["127.0.0.1:0"], pool: web }
pools:
  - name: web
    members: [${list.join(', ')}]
`;
}

const FAULTY = `
frontends:
  - { name: public, protocol: http, bind: [":80"], pool: webb }
pools:
  - { name: web, members: ["10.0.0.1:80"], stratgy: first }
`;

describe('evenkeel run', () => {
  test('prints the addresses first, as one JSON object, and serves', async () => {
    const one = keep(await HttpMember.start('one'));
    const cli = keep(new RunningCli(await specFile(webYaml([one]))));
    const port = await cli.port('public');
    expect(cli.first()).toEqual({
      event: 'listening',
      frontends: { public: [{ address: '127.0.0.1', port }] },
    });
    await expect(send(port)).resolves.toEqual({ status: 200, body: 'one' });
  });

  test('applies the changed file on SIGHUP', async () => {
    const [one, two] = [keep(await HttpMember.start('one')), keep(await HttpMember.start('two'))];
    const file = await specFile(webYaml([one]));
    const cli = keep(new RunningCli(file));
    const port = await cli.port('public');
    await writeFile(file, webYaml([two]));
    cli.signal('SIGHUP');
    await expect(cli.line('spec:applied')).resolves.toMatchObject({
      changes: 2,
      reason: 'pool web: +two, -one',
      at: expect.any(Number),
    });
    await expect(send(port)).resolves.toMatchObject({ body: 'two' });
  });

  test('reports a bad file on SIGHUP, and goes on with the running spec', async () => {
    const one = keep(await HttpMember.start('one'));
    const file = await specFile(webYaml([one]));
    const cli = keep(new RunningCli(file));
    const port = await cli.port('public');
    await writeFile(file, FAULTY);
    cli.signal('SIGHUP');
    await expect(cli.line('spec:rejected')).resolves.toEqual({
      event: 'spec:rejected',
      issues: [
        expect.objectContaining({ path: 'frontends[0].pool' }),
        expect.objectContaining({ path: 'pools[0].stratgy' }),
      ],
    });
    await writeFile(file, 'name: [');
    cli.signal('SIGHUP');
    await expect(cli.line('spec:rejected')).resolves.toMatchObject({
      issues: [{ code: 'EK_SPEC_FILE', message: expect.stringContaining(`${file}:1:8: `) }],
    });
    await rm(file);
    cli.signal('SIGHUP');
    await expect(cli.line('spec:rejected')).resolves.toMatchObject({
      issues: [{ code: 'EK_SPEC_FILE', message: `${file}: there is no such file` }],
    });
    await expect(send(port)).resolves.toMatchObject({ body: 'one' });
  });

  test('goes on without any frontend until it is told to stop: a reload may bring one', async () => {
    const one = keep(await HttpMember.start('one'));
    const file = await specFile('name: web-lb\nfrontends: []\n');
    const cli = keep(new RunningCli(file));
    await expect(cli.line('listening')).resolves.toMatchObject({ frontends: {} });
    await writeFile(file, webYaml([one]));
    cli.signal('SIGHUP');
    const { addresses } = (await cli.line('frontend:listening')) as unknown as {
      addresses: { port: number }[];
    };
    await expect(send(addresses[0]?.port ?? 0)).resolves.toMatchObject({ body: 'one' });
    await writeFile(file, 'name: web-lb\nfrontends: []\n');
    cli.signal('SIGHUP');
    await cli.line('frontend:closed');
    cli.signal('SIGTERM');
    await expect(cli.ended()).resolves.toBe(0);
  });

  test('drains on SIGTERM: what is under way ends well, then the program ends with 0', async () => {
    let finish: () => void = () => undefined;
    const slow = keep(
      await HttpMember.start('slow', {
        answer: (_request, response) => {
          finish = () => response.end('slow');
        },
      }),
    );
    const cli = keep(new RunningCli(await specFile(webYaml([slow]))));
    const reply = send(await cli.port('public'));
    await slow.sees(1);
    cli.signal('SIGTERM');
    await cli.line('frontend:draining');
    finish();
    await expect(reply).resolves.toEqual({ status: 200, body: 'slow' });
    await expect(cli.line('frontend:closed')).resolves.toMatchObject({ completed: 1, aborted: 0 });
    await cli.line('balancer:closed');
    await expect(cli.ended()).resolves.toBe(0);
  });

  test('closes at once on a second signal', async () => {
    const silent = keep(await HttpMember.start('silent', { answer: () => undefined }));
    const cli = keep(new RunningCli(await specFile(webYaml([silent]))));
    const reply = send(await cli.port('public'));
    reply.catch(() => undefined);
    await silent.sees(1);
    cli.signal('SIGINT');
    await cli.line('frontend:draining');
    cli.signal('SIGINT');
    await expect(cli.line('frontend:closed')).resolves.toMatchObject({ completed: 0, aborted: 1 });
    await expect(cli.ended()).resolves.toBe(0);
    await expect(reply).rejects.toThrow();
  });

  test('reads the spec from standard input, and says on SIGHUP that it can not do so again', async () => {
    const one = keep(await HttpMember.start('one'));
    const cli = keep(new RunningCli('-', [], webYaml([one])));
    await expect(send(await cli.port('public'))).resolves.toMatchObject({ body: 'one' });
    cli.signal('SIGHUP');
    await expect(cli.line('spec:rejected')).resolves.toMatchObject({
      issues: [{ message: 'a spec from standard input can not be read again' }],
    });
  });

  test('tells of members that go down, one line per event', async () => {
    const one = keep(await HttpMember.start('one'));
    one.healthStatus = 500;
    const file = await specFile(
      webYaml([one]).replace('members:', 'health: "http:/health:1s"\n    members:'),
    );
    const cli = keep(new RunningCli(file));
    await expect(cli.line('member:down')).resolves.toEqual({
      event: 'member:down',
      at: expect.any(Number),
      pool: 'web',
      member: 'one',
      reason: 'status 500',
    });
  });

  test('ends with 1 and every fault when the spec is bad', async () => {
    const file = await specFile(FAULTY);
    const { code, stdout, stderr } = await runCli(['run', file]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `invalid: ${file}: 2 faults\n` +
        '  frontends[0].pool: no pool is named "webb"; did you mean "web"?\n' +
        '  pools[0].stratgy: unknown key; did you mean "strategy"?\n',
    );
  });

  test('ends with 3 when an address is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const file = await specFile(webYaml([]).replace('127.0.0.1:0', `127.0.0.1:${port}`));
    const { code, stderr } = await runCli(['run', file]);
    taken.close();
    expect(code).toBe(3);
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${port}: the address is in use`);
  });

  test('starts programs for exec checks only when it is told that it may', async () => {
    const yaml = webYaml([]).replace(
      'members: []',
      'health: { type: exec, command: ["/bin/true"] }\n    members: ["127.0.0.1:9"]',
    );
    const file = await specFile(yaml);
    const { code, stderr } = await runCli(['run', file]);
    expect(code).toBe(1);
    expect(stderr).toContain('pools[0].health');
    const cli = keep(new RunningCli(file, ['--allow-exec']));
    await expect(cli.line('member:up')).resolves.toMatchObject({ pool: 'web' });
  });
});

describe('evenkeel check', () => {
  test('counts what is in a good spec', async () => {
    const file = await specFile(webYaml([]).replace('members: []', 'members: ["10.0.0.1:80"]'));
    await expect(runCli(['check', file])).resolves.toEqual({
      code: 0,
      stdout: `${file}: good (1 frontend, 1 pool, 1 member)\n`,
      stderr: '',
    });
  });

  test('prints the expansion, which is a good spec itself', async () => {
    const service = JSON.stringify({
      name: 'web-lb',
      port: 8080,
      backends: [{ target: '10.0.0.1:80', weight: 50 }],
      healthCheck: { path: '/health', interval: '5s' },
    });
    const yaml = await runCli(['check', '--print', '-'], service);
    expect(yaml).toMatchObject({ code: 0, stderr: '' });
    expect(yaml.stdout).toContain('bind:\n      - :8080\n');
    const again = await runCli(['check', '--print', '--json', '-'], yaml.stdout);
    expect(again.code).toBe(0);
    const json = await runCli(['check', '--print', '--json', '-'], service);
    expect(again.stdout).toBe(json.stdout);
    expect(JSON.parse(json.stdout)).toMatchObject({ pools: [{ members: [{ weight: 50 }] }] });
  });

  test('lists every fault, its path first, and ends with 1', async () => {
    const file = await specFile(FAULTY);
    const { code, stderr } = await runCli(['check', file]);
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      `${file}: 2 faults`,
      '  frontends[0].pool: no pool is named "webb"; did you mean "web"?',
      '  pools[0].stratgy: unknown key; did you mean "strategy"?',
      '',
    ]);
  });

  test('lists them as JSON too', async () => {
    const { code, stdout } = await runCli(['check', '--json', '-'], FAULTY);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: false,
      issues: [
        { path: 'frontends[0].pool', code: 'EK_SPEC_INVALID' },
        { path: 'pools[0].stratgy' },
      ],
    });
  });

  test('says where a file is no YAML', async () => {
    const file = await specFile('name: web\npools: [');
    await expect(runCli(['check', file])).resolves.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/spec\.yaml:2:9: /),
    });
  });
});

describe('evenkeel', () => {
  test('prints the schema of a spec', async () => {
    const { code, stdout } = await runCli(['schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ $schema: expect.any(String) });
  });

  test('knows its version, and ends with 2 on what it does not know', async () => {
    await expect(runCli(['--version'])).resolves.toMatchObject({
      code: 0,
      stdout: `${packageJson.version}\n`,
    });
    await expect(runCli(['serve'])).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("unknown command 'serve'"),
    });
    await expect(runCli(['run'])).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(evenkeel run --help tells what there is)'),
    });
    await expect(runCli(['cert', 'self-singed'])).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Did you mean self-signed.*\n\(evenkeel cert --help /),
    });
  });

  test('makes a certificate, and writes over one only when it is told to', async () => {
    const out = path.join(folder, 'own');
    const make = ['cert', 'self-signed', '--domain', 'a.test', '--out', out];
    const written = { code: 0, stdout: `${out}.pem\n${out}.key\n` };
    await expect(runCli(make)).resolves.toMatchObject(written);
    await expect(runCli(make)).resolves.toEqual({
      code: 1,
      stdout: '',
      stderr: `${out}.key is there already; --force writes over it\n`,
    });
    await expect(runCli([...make, '--force'])).resolves.toMatchObject(written);
  });

  test('says which file is not there, and when another program has nothing to do', async () => {
    await expect(runCli(['haproxy', 'import', 'nowhere.cfg'])).resolves.toMatchObject({
      code: 1,
      stderr: 'nowhere.cfg: there is no such file\n',
    });
    const file = await specFile(webYaml([]));
    await expect(runCli(['emit', 'nginx', file])).resolves.toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining(`nothing of ${file} is for nginx: no file is written`),
    });
  });

  test.each([
    ['emit haproxy', (spec: string, to: string) => ['emit', 'haproxy', spec, '-o', to]],
    ['emit nginx', (spec: string, to: string) => ['emit', 'nginx', spec, '-o', to]],
    ['haproxy import', (_: string, to: string) => ['haproxy', 'import', '-', '-o', to]],
    ['cert', (_: string, to: string) => ['cert', 'self-signed', '--domain', 'a', '--out', to]],
  ])('%s says what is in the way of what it writes', async (name, commandOf) => {
    const protocol = name === 'emit nginx' ? 'udp' : 'tcp';
    const spec = await specFile(`
name: web-lb
frontends: [{ name: public, protocol: ${protocol}, bind: ["127.0.0.1:8080"], pool: web }]
pools: [{ name: web, members: ["127.0.0.1:1"] }]
`);
    const file = await specFile('', 'in-the-way');
    const to = path.join(file, 'sub');
    await expect(runCli(commandOf(spec, to), '')).resolves.toEqual({
      code: 1,
      stdout: '',
      stderr: `${to}: ${file} is a file, not a directory\n`,
    });
  });

  test('simulate says what is in the way of its page', async () => {
    const args = ['simulate', 'examples/scenarios/rolling-deploy.yaml', '--html', folder];
    await expect(runCli(args)).resolves.toEqual({
      code: 1,
      stdout: '',
      stderr: `${folder}: it is a directory, not a file\n`,
    });
  });

  test('shows balancing, failover and reload in its demo without a failed request', async () => {
    const { code, stdout, stderr } = await runCli(['demo']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ {2}failed +0$/m);
    expect(stdout).toMatch(
      /kill -9 amber[\s\S]*took amber out[\s\S]*amber is back[\s\S]*add violet/,
    );
    for (const member of ['blue', 'green', 'amber', 'violet'])
      expect(stdout).toMatch(new RegExp(`^ {2}${member} +[\\d,]+ +[\\d.]+ %`, 'm'));
  });
});
