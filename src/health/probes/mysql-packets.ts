// The few packets of the MySQL client/server protocol that a check needs.

/** One packet: 3 bytes length (little endian), 1 byte sequence, body. */
export interface MysqlPacket {
  readonly sequence: number;
  readonly body: Buffer;
}

/** What a login needs of the server's greeting. */
export interface MysqlGreeting {
  /** `8.0.36`, `10.11.6-MariaDB`. */
  readonly version: string;
  /** Authentication method that the server would like. */
  readonly plugin: string;
}

/** Longer than any packet before a login. */
const MAX_PACKET = 16 * 1024;
const PROTOCOL_41 = 0x0000_0200;
const SECURE_CONNECTION = 0x0000_8000;
const PLUGIN_AUTH = 0x0008_0000;
const UTF8 = 33;

/** All complete packets so far; undefined if one is longer than any server sends. */
export function readPackets(bytes: Buffer): MysqlPacket[] | undefined {
  const packets: MysqlPacket[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUIntLE(at, 3);
    if (length === 0 || length > MAX_PACKET) return undefined;
    if (at + 4 + length > bytes.length) break;
    packets.push({ sequence: bytes[at + 3] ?? 0, body: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return packets;
}

/**
 * HandshakeV10: version text up to NUL, thread id (4), scramble (8), filler, capabilities low (2), character set,
 * status (2), capabilities high (2), scramble length, 10 reserved, rest of the scramble, plugin name up to NUL.
 */
export function parseGreeting(body: Buffer): MysqlGreeting | undefined {
  const versionEnd = body.indexOf(0, 1);
  if (body[0] !== 10 || versionEnd < 2) return undefined;
  const version = body.toString('latin1', 1, versionEnd);
  const fixed = versionEnd + 1;
  const scrambleLength = body[fixed + 20] ?? 0;
  const pluginStart = fixed + 31 + Math.max(13, scrambleLength - 8);
  const pluginEnd = body.indexOf(0, pluginStart);
  const plugin = pluginEnd > pluginStart ? body.toString('latin1', pluginStart, pluginEnd) : '';
  return { version, plugin: plugin === '' ? 'mysql_native_password' : plugin };
}

/** HandshakeResponse41 of a user without a password. */
export function renderLogin(sequence: number, user: string, greeting: MysqlGreeting): Buffer {
  const fixed = Buffer.alloc(32);
  fixed.writeUInt32LE(PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH, 0);
  fixed.writeUInt32LE(MAX_PACKET, 4);
  fixed[8] = UTF8;
  const names = Buffer.from(`${user}\0\0${greeting.plugin}\0`, 'utf8');
  return renderPacket(sequence, Buffer.concat([fixed, names]));
}

/** A packet as bytes. */
export function renderPacket(sequence: number, body: Uint8Array): Buffer {
  const packet = Buffer.alloc(4 + body.length);
  packet.writeUIntLE(body.length, 0, 3);
  packet[3] = sequence & 255;
  packet.set(body, 4);
  return packet;
}

/** ERR packet: 0xff, code (2), perhaps `#` and an SQL state (5), message. */
export function parseError(body: Buffer): string {
  if (body.length < 3) return 'error packet';
  const hasState = body[3] === 0x23;
  return `error ${body.readUInt16LE(1)}: ${body.toString('utf8', hasState ? 9 : 3)}`;
}
