// Real clients and servers with a TCP frontend between them.
import { afterEach, expect, test } from 'vitest';
import { describeWith, programPath } from '../support/program.js';
import { runProgram } from '../support/run-program.js';
import { startPostgres } from '../support/servers/postgres.js';
import { startRedis } from '../support/servers/redis.js';
import {
  createFolder,
  freePort,
  type RunningServer,
  startServer,
} from '../support/servers/server-process.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

function addressOf(server: RunningServer): string {
  return `${server.host}:${server.port}`;
}

describeWith(['redis-server', 'redis-cli', 'redis-benchmark'], 'redis', () => {
  test('redis-cli reads what it wrote, and goes on after its server was killed', async () => {
    await using first = await startRedis();
    await using second = await startRedis();
    const { port } = await stage.open(
      [addressOf(first), addressOf(second)],
      {},
      { strategy: 'first' },
    );
    const cli = (...words: string[]) =>
      runProgram(programPath('redis-cli'), ['-p', String(port), ...words]);
    await cli('set', 'k', 'kept');
    expect((await cli('get', 'k')).stdout).toBe('kept\n');
    await first.stop('SIGKILL');
    expect((await cli('ping')).stdout).toBe('PONG\n');
    expect((await cli('get', 'k')).stdout).toBe('\n');
  });

  test('redis-benchmark loses nothing, pipelined or not', async () => {
    await using server = await startRedis();
    const { port, frontend } = await stage.open([addressOf(server)]);
    const load = ['-p', String(port), '-n', '5000', '-c', '20', '-q', '-t', 'set,get'];
    const plain = await runProgram(programPath('redis-benchmark'), load);
    const piped = await runProgram(programPath('redis-benchmark'), [
      ...load,
      '-P',
      '16',
      '-d',
      '5000',
    ]);
    for (const { code, stdout, stderr } of [plain, piped]) {
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/error/i);
      expect(stdout).toMatch(/GET: [\d.]+ requests per second/);
    }
    expect(frontend.status().totals.failed).toBe(0);
  });
});

describeWith(['postgres', 'psql', 'pgbench'], 'PostgreSQL', () => {
  test('pgbench goes on when a member is killed; only its own clients are cut', async () => {
    await using first = await startPostgres();
    await using second = await startPostgres();
    for (const { port } of [first, second]) {
      const init = [
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-U',
        'postgres',
        '-i',
        '-q',
        'postgres',
      ];
      expect((await runProgram(programPath('pgbench'), init)).code).toBe(0);
    }
    const { port, frontend } = await stage.open([addressOf(first), addressOf(second)]);
    const login = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres'];
    const bench = runProgram(programPath('pgbench'), [
      ...login,
      ...'-n -S -c 6 -T 8 postgres'.split(' '),
    ]);
    while (frontend.status().totals.bytesOut < 200_000) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await first.stop('SIGKILL');
    const after = await Promise.all(
      Array.from({ length: 8 }, () =>
        runProgram(programPath('psql'), [...login, '-At', '-c', 'select 40 + 2', 'postgres']),
      ),
    );
    for (const { stdout } of after) expect(stdout).toBe('42\n');
    const { stdout, stderr } = await bench;
    expect(Number(/actually processed: (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(100);
    // Six clients in turn over two members; a backend may outlive its postmaster by a while.
    const aborted = stderr.match(/client \d+ aborted/g) ?? [];
    expect(aborted.length, stderr).toBeGreaterThanOrEqual(1);
    expect(aborted.length, stderr).toBeLessThanOrEqual(3);
  });
});

describeWith(['iperf3'], 'iperf3', () => {
  test('fills the line in both directions and loses no connection', async () => {
    const memberPort = await freePort();
    await using server = await startServer({
      file: programPath('iperf3'),
      args: ['-s', '-p', String(memberPort)],
      folder: createFolder('iperf3'),
      port: memberPort,
    });
    const { port } = await stage.open([addressOf(server)]);
    for (const direction of [[], ['-R'], ['--bidir']]) {
      const { stdout, code } = await runProgram(programPath('iperf3'), [
        ...`-c 127.0.0.1 -p ${port} -n 64M -J`.split(' '),
        ...direction,
      ]);
      expect(code).toBe(0);
      const { end } = JSON.parse(stdout) as { end: { sum_received: { bytes: number } } };
      // The client stops when it has sent 64 MiB; what is still in flight then is not counted.
      expect(end.sum_received.bytes).toBeGreaterThan(32 * 1024 * 1024);
    }
  });
});
