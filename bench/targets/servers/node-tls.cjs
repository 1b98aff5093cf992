// A bare node:tls server that ends when its clients do: what Node's own part of a handshake costs. node node-tls.cjs PORT CERT KEY
'use strict';
const { readFileSync } = require('node:fs');
const tls = require('node:tls');

const [port, cert, key] = process.argv.slice(2);
const server = tls.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.resume();
});
server.listen(Number(port), '127.0.0.1', 4096);
