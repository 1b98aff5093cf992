// http-proxy with keep-alive to its members: node http-proxy.cjs PORT MEMBER,MEMBER
'use strict';
const http = require('node:http');
const { createProxyServer } = require('http-proxy');

const members = process.argv[3].split(',').map((port) => `http://127.0.0.1:${port}`);
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
const proxy = createProxyServer({ agent, xfwd: true });
proxy.on('error', (_error, _request, response) => response.destroy());
let turn = 0;
const server = http.createServer((request, response) => {
  proxy.web(request, response, { target: members[turn++ % members.length] });
});
server.keepAliveTimeout = 300_000;
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
