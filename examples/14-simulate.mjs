// Shows: the same bad day under two strategies, in virtual time; a page with the timeline of the better one.
// Run:   npm run build && node examples/14-simulate.mjs [slow-member.html]
import { writeFile } from 'node:fs/promises';
import { simulate } from 'evenkeel/testkit';

const day = (strategy) =>
  simulate({
    name: `A slow member under ${strategy}`,
    duration: '3m',
    seed: 42,
    spec: {
      frontends: [{ name: 'public', protocol: 'http', bind: [':8080'], pool: 'web' }],
      pools: [
        {
          name: 'web',
          strategy,
          health: { type: 'http', path: '/health', interval: '5s', timeout: '4s' },
          members: [1, 2, 3, 4].map((n) => ({ name: `web-${n}`, address: `10.0.0.${n}:80` })),
        },
      ],
    },
    arrivals: { rate: 300, clients: 1000 },
    members: { '*': { service: { lognormal: { median: '20ms', p99: '90ms' } }, concurrency: 32 } },
    faults: [{ at: '60s', do: 'slow', target: 'web-2', by: 20, for: '60s' }],
    late: '250ms',
  });

for (const strategy of ['round-robin', 'peak-ewma']) {
  const run = await day(strategy);
  const { totals, latencyMs } = run.report;
  console.log(
    `${strategy}: ${totals.requests} requests, ${totals.failed} failed, ${totals.late} late, p99 ${latencyMs.p99} ms`,
  );
  if (process.argv[2] !== undefined) await writeFile(process.argv[2], run.toHtml());
}
