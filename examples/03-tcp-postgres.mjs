// Shows: TCP in front of two PostgreSQL servers, checked by PostgreSQL's own start of a connection; the second is a backup.
// Run:   npm run build && node examples/03-tcp-postgres.mjs 127.0.0.1:5432 127.0.0.1:5433
// Needs: psql, and two servers that let user `postgres` in without a password. Stop the first one to see the second take over.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Balancer } from 'evenkeel';

const [primary, standby] = process.argv.slice(2);
if (standby === undefined) {
  console.error('usage: node examples/03-tcp-postgres.mjs PRIMARY:PORT STANDBY:PORT');
  process.exit(2);
}

const balancer = new Balancer({
  name: 'postgres',
  frontends: [{ name: 'sql', protocol: 'tcp', bind: ['127.0.0.1:0'], pool: 'postgres' }],
  pools: [
    {
      name: 'postgres',
      health: { type: 'postgres', user: 'postgres', interval: '250ms', fall: 2, rise: 1 },
      // Sessions of a member that goes down are closed, so that clients connect again elsewhere.
      sessionsOnDown: 'close',
      members: [
        { name: 'primary', address: primary },
        { name: 'standby', address: standby, backup: true },
      ],
    },
  ],
});
balancer.on('member:down', ({ member, reason }) => console.log(`${member} is down: ${reason}`));
balancer.on('member:up', ({ member }) => console.log(`${member} is up`));

const { sql } = await balancer.start();
const { port } = sql[0];
console.log(`psql -h 127.0.0.1 -p ${port} -U postgres`);

const run = promisify(execFile);
const select = "select 'answered by port ' || current_setting('port')";
for (let i = 0; i < 3; i++) {
  const options = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-Atc', select];
  const { stdout } = await run('psql', options);
  console.log(stdout.trim());
}
await balancer.close();
