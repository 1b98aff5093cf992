// Two-line servers for the examples: each answers with its own name.
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Starts an HTTP server on a free port of 127.0.0.1. */
export async function startServer(name) {
  const server = createServer((_request, response) => response.end(name));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    name,
    address: `127.0.0.1:${server.address().port}`,
    /** Ends as a killed process would: open connections are cut. */
    kill() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The body that `url` answers with. */
export async function ask(url, headers = {}) {
  const response = await fetch(url, { headers });
  return response.text();
}
