// A UDP member that sends every datagram back: node udp-echo.mjs PORT
import { createSocket } from 'node:dgram';

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
socket.on('message', (message, { port, address }) => socket.send(message, port, address));
socket.bind(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
