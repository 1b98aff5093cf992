// `npm run soak -- --minutes 60`: steady load through `evenkeel run`, a reload every 30 s, a member killed every 60 s.
// Fails when a GET is lost or the resident memory of the balancer keeps growing (more than 1 MiB in 10 minutes).
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const SELF = fileURLToPath(import.meta.url);
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const GROWTH_MIB_PER_10_MIN = 1;

/** A member: a child process that answers a little text, on the port it is given or any. */
function runMember(port) {
  const server = http.createServer((request, response) =>
    response.end(`${process.pid} ${request.url}`),
  );
  server.keepAliveTimeout = 5000;
  server.listen(port, '127.0.0.1', () => process.send(server.address().port));
}

async function startMember(port = 0) {
  const child = fork(SELF, ['--member', String(port)]);
  const [bound] = await once(child, 'message');
  return { child, port: bound };
}

function writeSpec(file, members, round) {
  const spec = {
    name: 'soak',
    frontends: [{ name: 'web', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'app' }],
    pools: [
      {
        name: 'app',
        health: { type: 'tcp', interval: '500ms', fall: 2, rise: 1, timeout: '500ms' },
        members: members.map(({ port }, index) => ({
          name: `m${index}`,
          address: `127.0.0.1:${port}`,
          weight: 1 + ((round + index) % 3),
        })),
      },
    ],
  };
  writeFileSync(file, JSON.stringify(spec));
}

/** Sends `perSecond` GETs a second until `isOver()`; counts what was lost. */
async function load(port, perSecond, isOver) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const counts = { sent: 0, lost: 0, first: '' };
  const lose = (reason) => {
    counts.lost += 1;
    counts.first ||= `request ${counts.sent}: ${reason}`;
  };
  const open = new Set();
  const started = performance.now();
  while (!isOver()) {
    const due = ((performance.now() - started) / 1000) * perSecond;
    for (; counts.sent < due; counts.sent++) {
      const done = new Promise((resolve) => {
        const request = http.get(
          { port, host: '127.0.0.1', agent, path: `/${counts.sent}` },
          (response) => {
            if (response.statusCode !== 200) lose(`status ${response.statusCode}`);
            response.resume().on('close', resolve);
          },
        );
        request.on('error', (error) => {
          lose(error.message);
          resolve();
        });
      }).finally(() => open.delete(done));
      open.add(done);
    }
    await sleep(10);
  }
  await Promise.all(open);
  agent.destroy();
  return counts;
}

function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Least-squares slope of the second half of the samples, MiB in 10 minutes: the first half warms up. */
function growth(samples) {
  const late = samples.slice(Math.floor(samples.length / 2));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(late.map(([at]) => at));
  const y = mean(late.map(([, value]) => value));
  const above = late.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  const below = late.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return (above / below) * 600;
}

async function soak() {
  const minutes = option('minutes', 60);
  const perSecond = option('rps', 500);
  const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-soak-'));
  const file = path.join(folder, 'spec.json');
  const members = [await startMember(), await startMember(), await startMember()];
  writeSpec(file, members, 0);
  const balancer = spawn(process.execPath, [MAIN, 'run', file, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const counts = { applied: 0, rejected: 0, kills: 0 };
  const lines = createInterface(balancer.stdout);
  const [first] = await once(lines, 'line');
  lines.on('line', (line) => {
    if (line.includes('"spec:applied"')) counts.applied += 1;
    if (line.includes('"spec:rejected"')) counts.rejected += 1;
  });
  const { port } = JSON.parse(first).frontends.web[0];
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const samples = [];
  const loaded = load(port, perSecond, () => elapsed() >= minutes * 60);
  for (let second = 1; second < minutes * 60; second++) {
    await sleep(Math.max(0, second - elapsed()) * 1000);
    samples.push([second, residentMiB(balancer.pid)]);
    if (second % 60 === 50) {
      const index = counts.kills++ % members.length;
      const { child, port: memberPort } = members[index];
      child.kill('SIGKILL');
      await once(child, 'exit');
      await sleep(3000);
      members[index] = await startMember(memberPort);
    }
    if (second % 30 === 0) {
      writeSpec(file, members, second);
      balancer.kill('SIGHUP');
    }
    if (second % 60 === 0) console.log(`${second / 60} min: ${samples.at(-1)[1].toFixed(1)} MiB`);
  }
  const { sent, lost, first: firstLoss } = await loaded;
  balancer.kill('SIGTERM');
  await once(balancer, 'exit');
  for (const { child } of members) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
  const slope = growth(samples);
  console.log(
    `${sent} requests, ${lost} lost; ${counts.applied} reloads applied, ${counts.rejected} rejected; ${counts.kills} members killed; memory ${slope.toFixed(2)} MiB in 10 min`,
  );
  if (firstLoss !== '') console.log(`first loss: ${firstLoss}`);
  // A short run is all warm-up: its slope says nothing.
  const isGrowing = minutes >= 20 && slope > GROWTH_MIB_PER_10_MIN;
  process.exitCode = lost === 0 && counts.rejected === 0 && !isGrowing ? 0 : 1;
}

if (process.argv[2] === '--member') runMember(Number(process.argv[3]));
else await soak();
