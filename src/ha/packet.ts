// One datagram of a pair: an advert and what proves that it is genuine and new. Bytes in, values out.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { writeAddressBytes } from '../core/address.js';
import type { HaAdvert } from './machine-types.js';

/** Why a datagram is not believed. */
export type HaRefusal =
  /** Wrong length, mark or version. */
  | 'malformed'
  /** Comes from an address that is no peer's. */
  | 'unknown-peer'
  /** The signature is of another secret, or the bytes were changed. */
  | 'wrong-secret'
  /** Signed well, for a pair of another id. */
  | 'wrong-id'
  /** Its number was seen before, or a later one was. */
  | 'replayed'
  /** Of an earlier life of the peer. */
  | 'old'
  /** Of a new life of the peer, and its clock is too far from ours to show that it is new. */
  | 'clock-jump';

/** An advert with what goes along. Instances and challenges are 16 hex digits. */
export interface HaPacket {
  readonly id: number;
  readonly advert: HaAdvert;
  /** Of the sender's process: drawn at its start. */
  readonly instance: string;
  /** Rises by one with every packet of an instance, from 1. */
  readonly sequence: number;
  /** The sender's clock, Unix ms. */
  readonly timeMs: number;
  /** What the receiver is to echo, to show that it is new. */
  readonly challenge: string;
  /** The receiver's last challenge; zeros = none heard yet. */
  readonly echo: string;
}

/** Bytes of every packet. */
export const PACKET_BYTES = 160;

const MARK = 0x454b;
const VERSION = 1;
const SIGNED_BYTES = 128;
const NODE_BYTES = 26;
const IS_ACTIVE = 1;
const WANTS_REPLY = 2;
const HAS_SUCCESSOR = 4;
const HAS_REPLACES = 8;

/** The key of packets; the stream has another one, so that neither can stand in for the other. */
export function packetKey(secret: string): Buffer {
  return createHmac('sha256', secret).update('evenkeel ha packet 1').digest();
}

/** Name of a node: its address, so that the greater one outranks (RFC 9568 6.4.3), then its instance, should both bind every address. */
export function nodeName(host: string, port: number, instance: string): string {
  const bytes = Buffer.alloc(18);
  const length = writeAddressBytes(host, bytes);
  // IPv4 is written as mapped IPv6, for one order over both.
  if (length === 4) {
    bytes.copy(bytes, 12, 0, 4);
    bytes.fill(0, 0, 10).fill(0xff, 10, 12);
  }
  bytes.writeUInt16BE(port, 16);
  return bytes.toString('hex') + instance;
}

/**
 * ```
 *   0  "EK"       5  priority           26  time, Unix ms (8)    76  successor (26), or zeros
 *   2  version    6  interval, ms (4)   34  challenge (8)       102  replaces (26), or zeros
 *   3  flags     10  instance (8)       42  echo (8)            128  HMAC-SHA256 of all before (32)
 *   4  id        18  sequence (8)       50  node (26)
 * ```
 */
export function encodePacket(packet: HaPacket, key: Buffer): Buffer {
  const { advert } = packet;
  const bytes = Buffer.alloc(PACKET_BYTES);
  bytes.writeUInt16BE(MARK, 0);
  bytes[2] = VERSION;
  bytes[3] =
    (advert.isActive ? IS_ACTIVE : 0) |
    (advert.wantsReply ? WANTS_REPLY : 0) |
    (advert.successor === undefined ? 0 : HAS_SUCCESSOR) |
    (advert.replaces === undefined ? 0 : HAS_REPLACES);
  bytes[4] = packet.id;
  bytes[5] = advert.priority;
  bytes.writeUInt32BE(Math.round(advert.intervalMs), 6);
  bytes.write(packet.instance, 10, 'hex');
  bytes.writeBigUInt64BE(BigInt(packet.sequence), 18);
  bytes.writeBigUInt64BE(BigInt(Math.round(packet.timeMs)), 26);
  bytes.write(packet.challenge, 34, 'hex');
  bytes.write(packet.echo, 42, 'hex');
  bytes.write(advert.node, 50, NODE_BYTES, 'hex');
  if (advert.successor !== undefined) bytes.write(advert.successor, 76, NODE_BYTES, 'hex');
  if (advert.replaces !== undefined) bytes.write(advert.replaces, 102, NODE_BYTES, 'hex');
  sign(bytes, key).copy(bytes, SIGNED_BYTES);
  return bytes;
}

/** The packet, or why it is none that was signed with `key`. */
export function decodePacket(bytes: Buffer, key: Buffer): HaPacket | HaRefusal {
  if (bytes.length !== PACKET_BYTES || bytes.readUInt16BE(0) !== MARK || bytes[2] !== VERSION)
    return 'malformed';
  if (!timingSafeEqual(sign(bytes, key), bytes.subarray(SIGNED_BYTES))) return 'wrong-secret';
  const flags = bytes.readUInt8(3);
  return {
    id: bytes.readUInt8(4),
    advert: {
      node: hex(bytes, 50, NODE_BYTES),
      isActive: (flags & IS_ACTIVE) !== 0,
      priority: bytes.readUInt8(5),
      intervalMs: bytes.readUInt32BE(6),
      successor: (flags & HAS_SUCCESSOR) === 0 ? undefined : hex(bytes, 76, NODE_BYTES),
      replaces: (flags & HAS_REPLACES) === 0 ? undefined : hex(bytes, 102, NODE_BYTES),
      wantsReply: (flags & WANTS_REPLY) !== 0,
    },
    instance: hex(bytes, 10, 8),
    sequence: Number(bytes.readBigUInt64BE(18)),
    timeMs: Number(bytes.readBigUInt64BE(26)),
    challenge: hex(bytes, 34, 8),
    echo: hex(bytes, 42, 8),
  };
}

function sign(bytes: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(bytes.subarray(0, SIGNED_BYTES)).digest();
}

function hex(bytes: Buffer, at: number, length: number): string {
  return bytes.toString('hex', at, at + length);
}
