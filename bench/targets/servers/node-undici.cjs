// The fastest plain thing one can write by hand: node:http in front, undici.Pool behind, nothing else.
'use strict';
const http = require('node:http');
const { Pool } = require('undici');

const pools = process.argv[3]
  .split(',')
  .map((port) => new Pool(`http://127.0.0.1:${port}`, { connections: 128 }));
let turn = 0;

const server = http.createServer((request, response) => {
  const { method, url: path, headers } = request;
  delete headers.connection;
  headers['x-forwarded-for'] = request.socket.remoteAddress;
  const body = method === 'GET' || method === 'HEAD' ? null : request;
  pools[turn++ % pools.length].dispatch({ method, path, headers, body }, new Answer(response));
});
server.keepAliveTimeout = 300_000;
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);

/** Writes a member's answer to the client, with back-pressure. */
class Answer {
  #response;

  constructor(response) {
    this.#response = response;
  }

  onRequestStart(controller) {
    this.#response.on('drain', () => controller.resume());
    this.#response.once('close', () => {
      if (!this.#response.writableEnded) controller.abort(new Error('the client left'));
    });
  }

  onResponseStart(_controller, status, headers) {
    delete headers.connection;
    delete headers['keep-alive'];
    this.#response.writeHead(status, headers);
  }

  onResponseData(controller, chunk) {
    if (!this.#response.write(chunk)) controller.pause();
  }

  onResponseEnd() {
    this.#response.end();
  }

  onResponseError() {
    this.#response.destroy();
  }
}
