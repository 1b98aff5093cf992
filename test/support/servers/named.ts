// BIND's named, authoritative for one zone whose records can be changed while it runs.
import { Resolver } from 'node:dns/promises';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programPath } from '../program.js';
import { createFolder, freePort, type RunningServer, startServer } from './server-process.js';

/** A zone. */
export interface Zone {
  /** `example.test`. */
  readonly name: string;
  /** Lines of a zone file: `web 1 IN A 127.0.0.1`, `_http._tcp 1 IN SRV 0 10 8080 web`. */
  readonly records: readonly string[];
}

/** A name server that answers for its zone, over UDP and TCP. */
export interface NamedServer extends RunningServer {
  /** Serves other records from now on; resolves when it does. */
  setRecords(records: readonly string[]): Promise<void>;
}

/** Options of {@link startNamed}. */
export interface NamedOptions {
  /** @defaultValue a free one */
  readonly port?: number;
}

/** Starts named on 127.0.0.1. */
export async function startNamed(zone: Zone, options: NamedOptions = {}): Promise<NamedServer> {
  const port = options.port ?? (await freePort());
  const folder = createFolder('named');
  const file = path.join(folder, 'zone');
  let serial = 1;
  writeFileSync(file, renderZone(zone.records, serial));
  writeFileSync(path.join(folder, 'named.conf'), renderConfig(zone.name, port, folder));
  const server = await startServer({
    file: programPath('named'),
    args: ['-g', '-n', '1', '-c', path.join(folder, 'named.conf')],
    folder,
    port,
    isReady: async () => (await readSerial(zone.name, port)) === serial,
  });
  return {
    ...server,
    async setRecords(records) {
      serial++;
      writeFileSync(file, renderZone(records, serial));
      process.kill(server.pid, 'SIGHUP');
      for (let tries = 0; tries < 400; tries++) {
        if ((await readSerial(zone.name, port)) === serial) return;
        await sleep(25);
      }
      throw new Error(`named did not load the zone:\n${server.output()}`);
    },
  };
}

function renderZone(records: readonly string[], serial: number): string {
  const head = [
    '$TTL 1',
    `@ IN SOA ns hostmaster ( ${serial} 60 60 60 1 )`,
    '@ IN NS ns',
    'ns IN A 127.0.0.1',
  ];
  return `${[...head, ...records].join('\n')}\n`;
}

function renderConfig(name: string, port: number, folder: string): string {
  return `
options {
  directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  lock-file none;
  recursion no;
  dnssec-validation no;
  notify no;
};
controls {};
zone "${name}" { type master; file "zone"; };
`;
}

async function readSerial(zone: string, port: number): Promise<number> {
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  try {
    return (await resolver.resolveSoa(zone)).serial;
  } catch {
    return 0;
  }
}
