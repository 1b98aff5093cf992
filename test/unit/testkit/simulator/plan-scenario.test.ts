import { describe, expect, test } from 'vitest';
import type { SpecError } from '../../../../src/core/errors.js';
import { planScenario } from '../../../../src/testkit/simulator/plan-scenario.js';
import { scenario } from './scenario.js';

function faultsOf(change: object): string[] {
  try {
    planScenario({ ...scenario(), ...change });
    return [];
  } catch (error) {
    return (error as SpecError).issues.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe('planScenario', () => {
  test('a good one has no faults', () => {
    expect(faultsOf({})).toEqual([]);
  });

  test.each<[string, object, unknown[]]>([
    ['unknown keys', { fautls: [] }, ['fautls: unknown key; did you mean "faults"?']],
    [
      'a spec that is not there, once',
      { spec: undefined },
      ['spec: is missing; expected a spec (frontends and pools)'],
    ],
    [
      'faults of the spec, at their place',
      { spec: { frontends: [{ name: 'public', protocol: 'http', bind: [':80'], pool: 'wbe' }] } },
      ['spec.frontends[0].pool: no pool is named "wbe"'],
    ],
    [
      'members that nobody knows',
      { members: { 'web-9': {} } },
      ['members.web-9: no member is named "web-9"; did you mean "web-1"?'],
    ],
    [
      'targets that nobody knows',
      { faults: [{ at: 0, do: 'kill', target: 'web-7' }] },
      ['faults[0].target: no member or node is named "web-7"; did you mean "web-1"?'],
    ],
    [
      'what an action needs, and what does not go with it',
      { faults: [{ at: 0, do: 'slow', target: 'web-1', percent: 5 }] },
      ['faults[0].by: is missing; "slow" needs it', 'faults[0].percent: does not go with "slow"'],
    ],
    [
      'faults past the end',
      { faults: [{ at: '2h', do: 'kill', target: '*' }] },
      ['faults[0].at: is past the end of the scenario'],
    ],
    [
      'actions by a wrong name',
      { faults: [{ at: 0, do: 'kil', target: '*' }] },
      [expect.stringContaining('did you mean "kill"?')],
    ],
    [
      'arrivals that are two things at once',
      { arrivals: { rate: 5, think: '1s' } },
      ['arrivals: expected exactly one of rate, think and replay'],
    ],
    [
      'frontends that nobody knows',
      { arrivals: [{ rate: 5, frontend: 'pubic' }] },
      ['arrivals[0].frontend: no frontend is named "pubic"; did you mean "public"?'],
    ],
    [
      'lines that are none',
      { faults: [{ at: 0, do: 'network', target: 'member' }] },
      [
        'faults[0].target: expected one of "clients", "members", "peers", got "member"; did you mean "members"?',
      ],
    ],
    [
      'discovery',
      {
        spec: {
          frontends: [{ name: 'public', protocol: 'tcp', bind: [':80'], pool: 'web' }],
          pools: [
            { name: 'web', discovery: { type: 'dns', name: 'web.local', record: 'A', port: 80 } },
          ],
        },
      },
      ['spec.pools[0].discovery: is not simulated: list the members'],
    ],
    [
      'two nodes of one name',
      { pair: { nodes: [{ name: 'a' }, { name: 'a' }] } },
      ['pair.nodes[1].name: "a" is there twice'],
    ],
  ])('tells %s', (_, change, expected) => {
    expect(faultsOf(change)).toEqual(expected);
  });
});
