// keepalived moves the address, HAProxy serves behind it: what evenkeel is measured against.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ADDRESS, PORT } from './network.mjs';
import { startIn } from './processes.mjs';

/** @type {import('./contender.mjs').Contender} */
export const keepalived = {
  name: 'keepalived',
  programs: ['ip', 'keepalived', 'haproxy'],

  start({ host, other, intervalMs, folder }) {
    const base = path.join(folder, host.namespace);
    writeFileSync(`${base}.conf`, configOf(host, other, intervalMs));
    writeFileSync(`${base}.cfg`, haproxyConfigOf(host));
    // A killed one leaves them, and the next one would take it for alive.
    for (const end of ['pid', 'vrrp.pid']) rmSync(`${base}.${end}`, { force: true });
    const pids = ['-p', `${base}.pid`, '-r', `${base}.vrrp.pid`];
    return [
      startIn(host, ['keepalived', '-n', '-l', '-P', '-f', `${base}.conf`, ...pids]),
      startIn(host, ['haproxy', '-db', '-f', `${base}.cfg`]),
    ];
  },

  isReady: () => true,

  /** HAProxy goes on: it has connections to finish. */
  resigning: (children) => children.slice(0, 1),
};

// Version 3 knows adverts below a second. Equal priorities, so that every takeover has the same skew time.
function configOf(host, other, intervalMs) {
  return `global_defs {
  router_id ${host.name}
  vrrp_version 3
}
vrrp_instance pair {
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 51
  priority 100
  advert_int ${intervalMs / 1000}
  unicast_src_ip ${host.own}
  unicast_peer {
    ${other.own}
  }
  virtual_ipaddress {
    ${ADDRESS}/24 dev eth0
  }
}
`;
}

function haproxyConfigOf({ name }) {
  return `defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 1s
frontend web
  bind :${PORT}
  http-request return status 200 content-type text/plain string ${name}
`;
}
