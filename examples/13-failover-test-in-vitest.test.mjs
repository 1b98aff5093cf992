// Shows: a failover as a test: a member dies in virtual time, and assertions say what that may cost.
// Run:   npm run build && npx vitest run --root examples
import { simulate } from 'evenkeel/testkit';
import { expect, test } from 'vitest';
import 'evenkeel/testkit/vitest';

const scenario = {
  duration: '2m',
  spec: {
    frontends: [{ name: 'public', protocol: 'http', bind: [':8080'], pool: 'web' }],
    pools: [
      {
        name: 'web',
        health: { type: 'http', path: '/health', interval: '2s', fall: 2, rise: 2 },
        sticky: { mode: 'cookie' },
        members: [
          { name: 'web-1', address: '10.0.0.1:8080' },
          { name: 'web-2', address: '10.0.0.2:8080' },
          { name: 'web-3', address: '10.0.0.3:8080' },
        ],
      },
    ],
  },
  arrivals: { rate: 200, clients: 500 },
  faults: [{ at: '30s', do: 'kill', target: 'web-2', for: '30s' }],
};

test('a member may die: nobody notices, and clients of the others stay where they are', async () => {
  const run = await simulate(scenario);
  expect(run).toFailOverWithin('3.5s');
  expect(run).toLoseAtMost(0);
  expect(run).toKeepAffinity();
  expect(run).toKeepInvariants();
});
