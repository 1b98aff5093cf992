// Shows: HTTP/2 and gRPC. Calls on one connection of a client are spread over two members, call by call; trailers and streams pass.
// Run:   npm run build && node examples/10-http2-grpc.mjs

import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import { Balancer } from 'evenkeel';

/** A gRPC server without a library: it answers each message with its name. */
async function startGrpcServer(name) {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.on('data', () => stream.write(message(name)));
    stream.on('end', () => stream.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, address: `127.0.0.1:${server.address().port}` };
}

/** One message as gRPC frames it: not compressed, its length, its bytes. */
function message(text) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

const members = [await startGrpcServer('one'), await startGrpcServer('two')];
const balancer = new Balancer({
  name: 'grpc',
  frontends: [
    {
      name: 'calls',
      protocol: 'http',
      bind: ['127.0.0.1:0'],
      http2: { cleartext: true },
      pool: 'services',
    },
  ],
  pools: [
    {
      name: 'services',
      members: members.map(({ address }) => address),
      http: { version: '2' },
    },
  ],
});
const addresses = await balancer.start();
const [{ port }] = addresses.calls;

const client = connect(`http://127.0.0.1:${port}`);
for (let call = 1; call <= 4; call++) {
  const stream = client.request({
    ':method': 'POST',
    ':path': '/example.Names/Ask',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let status = '';
  let answer = '';
  stream.on('trailers', (fields) => {
    status = fields['grpc-status'];
  });
  stream.on('data', (bytes) => {
    answer += bytes.toString('utf8', 5);
  });
  stream.end(message('who are you?'));
  await once(stream, 'close');
  console.log(`call ${call}: ${answer}, grpc-status ${status}`);
}

client.close();
await balancer.close();
for (const { server } of members) server.close();
