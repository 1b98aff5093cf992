// What takes part in a failover run, as a type.

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string[]} programs what it needs
 * @property {(place: object) => import('node:child_process').ChildProcess[]} start one host's processes
 * @property {(state: object) => boolean} isReady whether a backup would notice everything that it can notice
 * @property {(children: object[]) => object[]} resigning which of them a graceful stop ends
 */

export { evenkeel } from './evenkeel.mjs';
export { keepalived } from './keepalived.mjs';
