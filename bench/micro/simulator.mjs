// How fast scenarios play: a million requests over ten members, and over a thousand. Run: npm run build && node bench/micro/simulator.mjs
import { simulate } from '../../dist/testkit/index.js';

const ROWS = [
  { members: 10, strategy: 'round-robin', mark: 10 },
  { members: 1000, strategy: 'two-choices', mark: 20 },
];

for (const { members, strategy, mark } of ROWS) {
  const cpu = process.cpuUsage();
  const run = await simulate({
    duration: '100s',
    spec: {
      frontends: [{ name: 'public', protocol: 'http', bind: [':80'], pool: 'web' }],
      pools: [
        {
          name: 'web',
          strategy,
          health: 'http:/health:5s',
          members: Array.from({ length: members }, (_, i) => ({
            name: `m-${i}`,
            address: `10.1.${i >> 8}.${i & 255}:80`,
          })),
        },
      ],
    },
    arrivals: { rate: 10_000 },
    members: { '*': { service: { exponential: '10ms' } } },
  });
  const { user, system } = process.cpuUsage(cpu);
  const seconds = ((user + system) / 1e6).toFixed(2);
  const { requests } = run.report.totals;
  console.log(
    `${requests} requests, ${members} members, ${strategy}: ${seconds} s of a core (mark: ${mark} s)`,
  );
}
