// PROXY headers exchanged with HAProxy, nginx and curl.
import { afterEach, expect, test } from 'vitest';
import { describeWith, programPath } from '../support/program.js';
import { runProgram } from '../support/run-program.js';
import { startHaproxy } from '../support/servers/haproxy.js';
import { startNginx } from '../support/servers/nginx.js';
import { freePort } from '../support/servers/server-process.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const TRUST = { acceptProxyProtocol: { trust: ['127.0.0.0/8'] } };

async function get(port: number, ...options: string[]): Promise<string> {
  const url = `http://127.0.0.1:${port}/`;
  const { stdout } = await runProgram(programPath('curl'), ['-s', '-m', '10', ...options, url]);
  return stdout;
}

describeWith(['haproxy', 'curl'], 'PROXY headers and HAProxy', () => {
  test.each(['v1', 'v2'] as const)(
    'HAProxy believes the %s header that we send',
    async (version) => {
      const memberPort = await freePort();
      await using _haproxy = await startHaproxy(
        `
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen member
  bind 127.0.0.1:${memberPort} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[dst]"
`,
        memberPort,
      );
      const { port } = await stage.open(
        [`127.0.0.1:${memberPort}`],
        { bind: '127.0.0.3:0' },
        { sendProxyProtocol: version },
      );
      const { stdout } = await runProgram(
        programPath('curl'),
        `-s -m 10 --interface 127.0.0.9 http://127.0.0.3:${port}/`.split(' '),
      );
      expect(stdout).toBe('127.0.0.9 127.0.0.3');
    },
  );

  test.each([
    ['send-proxy', 4],
    ['send-proxy-v2', 4],
    ['send-proxy-v2 proxy-v2-options crc32c,unique-id', 4],
  ])('we believe what HAProxy sends with %s', async (keyword) => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], TRUST, { sendProxyProtocol: 'v1' });
    const frontPort = await freePort();
    await using _haproxy = await startHaproxy(
      `
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend front
  bind 127.0.0.1:${frontPort}
  unique-id-format %pid-%ts
  default_backend back
backend back
  server evenkeel 127.0.0.1:${port} ${keyword}
`,
      frontPort,
    );
    void get(frontPort, '--interface', '127.0.0.9');
    // The first connections are probes that wait for HAProxy to listen.
    for (;;) {
      const peer = await member.next();
      const line = await peer.read(50).catch(() => '');
      if (!line.includes('GET / HTTP/1.1')) continue;
      expect(line).toMatch(
        new RegExp(
          `^PROXY TCP4 127\\.0\\.0\\.9 127\\.0\\.0\\.1 \\d+ ${frontPort}\r\nGET / HTTP/1.1`,
        ),
      );
      peer.socket.destroy();
      break;
    }
  });
});

describeWith(['nginx', 'curl'], 'PROXY headers, nginx and curl', () => {
  test.each(['v1', 'v2'] as const)(
    'nginx believes the %s header that we pass on for curl',
    async (version) => {
      const memberPort = await freePort();
      await using _nginx = await startNginx(
        `server { listen 127.0.0.1:${memberPort} proxy_protocol; location / { return 200 "$proxy_protocol_addr $proxy_protocol_server_port"; } }`,
        memberPort,
      );
      const { port } = await stage.open([`127.0.0.1:${memberPort}`], TRUST, {
        sendProxyProtocol: version,
      });
      expect(await get(port, '--haproxy-protocol', '--interface', '127.0.0.9')).toBe(
        `127.0.0.9 ${port}`,
      );
      expect(await get(port)).toBe('');
    },
  );
});
