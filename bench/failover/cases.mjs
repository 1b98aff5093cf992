// What happens to the active host, and how it is made good afterwards.

/** `harm` and `heal` get the {@link Rehearsal}, the active host, and the other one. */
export const cases = [
  {
    name: 'kill',
    title: 'kill -9 of the active process',
    harm: (pair, active) => pair.signal(active, 'SIGKILL'),
    heal: (pair, active) => pair.restart(active),
  },
  {
    name: 'stop',
    title: 'graceful stop (SIGTERM)',
    harm: (pair, active) => pair.resign(active),
    heal: (pair, active) => pair.restart(active),
  },
  {
    name: 'pause',
    title: 'SIGSTOP of the active process; then SIGCONT',
    canHaveTwo: true,
    harm: (pair, active) => pair.signal(active, 'SIGSTOP'),
    heal: (pair, active) => pair.signal(active, 'SIGCONT'),
  },
  {
    name: 'cut',
    title: 'cable of the active host cut; then plugged in',
    canHaveTwo: true,
    harm: (pair, active) => pair.network.setLink(active, 'down'),
    heal: (pair, active) => pair.network.setLink(active, 'up'),
  },
  {
    name: 'lost',
    title: 'active host lost (cable cut, processes killed)',
    harm: (pair, active) => {
      pair.network.setLink(active, 'down');
      pair.signal(active, 'SIGKILL');
    },
    heal: async (pair, active) => {
      pair.network.forgetAddress(active);
      pair.network.setLink(active, 'up');
      await pair.restart(active);
    },
  },
];
