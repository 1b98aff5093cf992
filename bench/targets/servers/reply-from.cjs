// @fastify/reply-from on undici: node reply-from.cjs PORT MEMBER,MEMBER
'use strict';
const fastify = require('fastify');
const replyFrom = require('@fastify/reply-from');

const server = fastify({ logger: false, keepAliveTimeout: 300_000 });
const options = {
  rewriteRequestHeaders: (request, headers) => {
    headers['x-forwarded-for'] = request.socket.remoteAddress;
    return headers;
  },
};
server.register(replyFrom, {
  base: process.argv[3].split(',').map((port) => `http://127.0.0.1:${port}`),
  undici: { connections: 128 },
});
server.get('/*', (request, reply) => reply.from(request.url, options));
void server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
