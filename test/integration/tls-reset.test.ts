// A TLS connection that is cut must not look complete, and must not take the process with it.
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createSelfSigned } from '../../src/tls/self-signed.js';
import { resetTlsSocket } from '../../src/upstream/tls-socket.js';

const issued = createSelfSigned({ domains: ['a.test'], now: Date.now() });

/** Cut in the middle of the handshake's last step, with more to write than the kernel takes: there OpenSSL is at work. */
test('a reset with a write under way, a hundred times: every connection ends, and the process goes on', async () => {
  let open = 0;
  const server = tls.createServer(issued, (socket) => {
    socket.on('error', () => {});
    socket.resume();
  });
  server.on('tlsClientError', () => {});
  server.on('connection', (socket) => {
    open++;
    socket.on('close', () => open--);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  for (let i = 0; i < 100; i++) {
    const bare = net.connect(port, '127.0.0.1');
    await once(bare, 'connect');
    const socket = tls.connect({ socket: bare, servername: 'a.test', rejectUnauthorized: false });
    socket.on('error', () => {});
    socket.on('secureConnect', () => {
      socket.write(Buffer.alloc(4_000_000));
      socket.write('and more');
      resetTlsSocket(socket);
    });
    await once(socket, 'close');
  }
  await vi.waitFor(() => expect(open).toBe(0), { timeout: 10_000 });
});
