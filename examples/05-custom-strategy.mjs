// Shows: a strategy of your own. Members near the balancer serve; those in other zones only when none near is usable.
// Run:   npm run build && node examples/05-custom-strategy.mjs
import { Balancer, RoundRobin } from 'evenkeel';
import { ask, startServer } from './servers.mjs';

/**
 * Takes turns within the own zone, then within the rest.
 * `build` runs when members come, go or change weight; `pick` runs per request and asks who may be used now.
 */
class OwnZoneFirst {
  name = 'own-zone-first';
  #zone;
  #near = new RoundRobin();
  #far = new RoundRobin();

  constructor(zone) {
    this.#zone = zone;
  }

  build(members, previous) {
    const isNear = (member) => member.labels.zone === this.#zone;
    // The pickers of before are handed on, so that both keep their place in the round.
    const near = this.#near.build(members.filter(isNear), previous?.near);
    const far = this.#far.build(
      members.filter((member) => !isNear(member)),
      previous?.far,
    );
    return {
      near,
      far,
      pick: (context, isEligible) =>
        near.pick(context, isEligible) ?? far.pick(context, isEligible),
    };
  }
}

const servers = await Promise.all(['a1', 'a2', 'b1'].map((name) => startServer(name)));

const balancer = new Balancer({
  name: 'zones',
  frontends: [{ name: 'public', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' }],
  pools: [
    {
      name: 'web',
      strategy: new OwnZoneFirst('a'),
      members: servers.map(({ name, address }) => ({ name, address, labels: { zone: name[0] } })),
    },
  ],
});
const { public: addresses } = await balancer.start();
const url = `http://127.0.0.1:${addresses[0].port}/`;

console.log(
  'all ready:           ',
  await ask(url),
  await ask(url),
  await ask(url),
  await ask(url),
);

balancer.pool('web').setState('a1', 'maintenance');
console.log('a1 in maintenance:   ', await ask(url), await ask(url));

balancer.pool('web').setState('a2', 'maintenance');
console.log('zone a in maintenance:', await ask(url), await ask(url));

await balancer.close();
for (const server of servers) server.kill();
