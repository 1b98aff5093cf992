// fast-proxy on undici: node fast-proxy.cjs PORT MEMBER,MEMBER
'use strict';
const http = require('node:http');
const fastProxy = require('fast-proxy');

const proxies = process.argv[3]
  .split(',')
  .map((port) => fastProxy({ base: `http://127.0.0.1:${port}`, undici: { connections: 128 } }));
const options = {
  rewriteRequestHeaders: (request, headers) => {
    headers['x-forwarded-for'] = request.socket.remoteAddress;
    return headers;
  },
};
let turn = 0;
const server = http.createServer((request, response) => {
  proxies[turn++ % proxies.length].proxy(request, response, request.url, options);
});
server.keepAliveTimeout = 300_000;
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
