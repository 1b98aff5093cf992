// Asks for a big file and reads 64 KiB every 50 ms: node slow-reader.mjs PORT PATH SECONDS -> JSON
import { connect } from 'node:net';

const [port, path, seconds] = process.argv.slice(2);
const STEP_BYTES = 64 * 1024;
const STEP_MS = 50;

let bytes = 0;
const socket = connect({ port: Number(port), host: '127.0.0.1', highWaterMark: STEP_BYTES });
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
socket.write(`GET ${path} HTTP/1.1\r\nHost: bench.example\r\n\r\n`);
socket.on('readable', () => undefined);
setInterval(() => {
  bytes += socket.read()?.length ?? 0;
}, STEP_MS);
setTimeout(() => {
  console.log(JSON.stringify({ bytes }));
  process.exit();
}, Number(seconds) * 1000);
