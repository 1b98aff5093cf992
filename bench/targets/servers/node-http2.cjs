// A bare node:http2 server that answers 1 KiB by itself, without a member: what Node's own part of a stream costs.
// node node-http2.cjs PORT
'use strict';
const http2 = require('node:http2');

const body = Buffer.alloc(1024, 'x');
const FIELDS = {
  ':status': 200,
  'content-length': '1024',
  'content-type': 'application/octet-stream',
};
const OPTIONS = { sendDate: false };
const server = http2.createServer({ settings: { maxConcurrentStreams: 100 } });
server.on('stream', (stream) => {
  stream.on('error', () => {});
  stream.respond(FIELDS, OPTIONS);
  stream.end(body);
});
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
