// An address of a Linux interface: added and removed by `ip`, announced by gratuitous ARP or by the kernel (IPv6).
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseCidr } from '../../core/cidr.js';
import type { Clock } from '../../core/clock.js';
import { EvenkeelError } from '../../core/errors.js';
import type { AddressDriver } from '../driver.js';
import { findCommand, runCommand } from './command.js';

/** Bits of the capability sets: linux/capability.h. */
const CAP_NET_ADMIN = 12n;
const CAP_NET_RAW = 13n;

/** Gratuitous ARPs after a takeover: one at once, then one a second, as caches that missed the first need them. */
const ANNOUNCEMENTS = 5;

/** Between two renewals of the address at least, ms. */
const RENEW_REST_MS = 900;
/** The kernel counts lifetimes in seconds, and forgets up to a second late. */
const MIN_LIFETIME_S = 3;

/** What it holds. */
export interface LinuxAddress {
  /** With its prefix: `192.0.2.10/24`, `2001:db8::10/64`. */
  readonly ip: string;
  readonly interface: string;
}

/**
 * Holds an address on an interface of this host. Needs `ip` (iproute2), for IPv4 `arping` (iputils-arping),
 * and to be root or to have CAP_NET_ADMIN and CAP_NET_RAW as ambient capabilities.
 *
 * The address has a lifetime of a little more than three adverts, renewed with them: the kernel of a killed or stopped process lets go of it.
 */
export class LinuxDriver implements AddressDriver {
  readonly description: string;
  readonly #ip: string;
  readonly #plain: string;
  readonly #interface: string;
  readonly #isSix: boolean;
  readonly #clock: Clock;
  readonly #lifetimeSeconds: number;
  #isHeld = false;
  #renewedAtMs = 0;
  #ipCommand = 'ip';
  #arpingCommand = 'arping';
  #announcer: ChildProcess | undefined;

  constructor(
    address: LinuxAddress,
    { clock, advertIntervalMs }: { readonly clock: Clock; readonly advertIntervalMs: number },
  ) {
    this.#clock = clock;
    this.#lifetimeSeconds = Math.max(MIN_LIFETIME_S, Math.ceil((3 * advertIntervalMs) / 1000) + 1);
    this.#ip = address.ip;
    this.#interface = address.interface;
    this.#plain = parseCidr(address.ip)?.address ?? address.ip;
    this.#isSix = this.#plain.includes(':');
    this.description = `${address.ip} on ${address.interface}`;
  }

  async prepare(): Promise<void> {
    const missing = this.#missing();
    if (missing.length > 0)
      throw new EvenkeelError(
        'EK_HA',
        `ha: this node can't hold ${this.description}: ${missing.join('; ')}`,
      );
    this.#ipCommand = findCommand('ip') ?? 'ip';
    this.#arpingCommand = findCommand('arping') ?? 'arping';
    try {
      if (await this.#isPresent()) await this.#remove();
    } catch (error) {
      throw new EvenkeelError('EK_HA', `ha: ${messageOf(error)}`, { cause: error });
    }
  }

  async acquire(): Promise<void> {
    await this.#put(`${this.#lifetimeSeconds}`);
    this.#isHeld = true;
    this.announce();
  }

  async renew(): Promise<void> {
    if (this.#clock.now() - this.#renewedAtMs < RENEW_REST_MS) return;
    await this.#put(`${this.#lifetimeSeconds}`);
  }

  async release(): Promise<void> {
    this.#isHeld = false;
    this.#stopAnnouncing();
    if (await this.#isPresent()) await this.#remove();
  }

  announce(): void {
    // IPv6: the kernel has sent its unsolicited neighbour advertisement when the address was added.
    if (this.#isSix) return;
    this.#stopAnnouncing();
    const args = ['-q', '-U', '-c', String(ANNOUNCEMENTS), '-I', this.#interface, this.#plain];
    const child = spawn(this.#arpingCommand, args, { stdio: 'ignore' });
    // It dies with the interface or the address; the next announcement is a new one.
    child.on('error', () => {});
    child.unref();
    this.#announcer = child;
  }

  /** Nobody will renew it: it gets to stay for ever. */
  async detach(): Promise<void> {
    if (this.#isHeld) await this.#put('forever');
  }

  async #put(lifetime: string): Promise<void> {
    this.#renewedAtMs = this.#clock.now();
    const life = ['valid_lft', lifetime, 'preferred_lft', lifetime];
    const add = ['addr', 'replace', this.#ip, 'dev', this.#interface, ...life];
    if (this.#isSix) await this.#withoutDetection(() => runCommand(this.#ipCommand, add));
    else await runCommand(this.#ipCommand, add);
  }

  #missing(): readonly string[] {
    const missing: string[] = [];
    if (process.platform !== 'linux') return [`it needs Linux, this is ${process.platform}`];
    if (findCommand('ip') === undefined)
      missing.push('the program ip is missing (package iproute2)');
    if (!this.#isSix && findCommand('arping') === undefined)
      missing.push('the program arping is missing (package iputils-arping)');
    const capabilities = ownCapabilities();
    if (!hasBit(capabilities, CAP_NET_ADMIN))
      missing.push('CAP_NET_ADMIN is missing (run as root, or give it as an ambient capability)');
    if (!this.#isSix && !hasBit(capabilities, CAP_NET_RAW))
      missing.push('CAP_NET_RAW is missing (run as root, or give it as an ambient capability)');
    if (
      readText(`/sys/class/net/${this.#interface}/ifindex`) === undefined &&
      !this.#knowsInterface()
    )
      missing.push(`there is no interface ${this.#interface}`);
    return missing;
  }

  /** /sys may show another network namespace than the one this process is in; /proc/self shows its own. */
  #knowsInterface(): boolean {
    return (readText('/proc/self/net/dev') ?? '').includes(`${this.#interface}:`);
  }

  async #isPresent(): Promise<boolean> {
    const args = ['-o', 'addr', 'show', 'dev', this.#interface, 'to', this.#plain];
    return (await runCommand(this.#ipCommand, args)).trim() !== '';
  }

  async #remove(): Promise<void> {
    await runCommand(this.#ipCommand, ['addr', 'del', this.#ip, 'dev', this.#interface]);
  }

  /**
   * Duplicate address detection would keep the address unusable for a second or two, and the one before may still have it.
   * Without it the kernel announces the address at once, if `ndisc_notify` is on: for one added with `nodad` it would not.
   */
  async #withoutDetection(add: () => Promise<unknown>): Promise<void> {
    const folder = `/proc/sys/net/ipv6/conf/${this.#interface}`;
    writeFileSync(`${folder}/ndisc_notify`, '1');
    const before = readText(`${folder}/accept_dad`) ?? '1';
    writeFileSync(`${folder}/accept_dad`, '0');
    try {
      await add();
    } finally {
      writeFileSync(`${folder}/accept_dad`, before.trim());
    }
  }

  #stopAnnouncing(): void {
    this.#announcer?.kill('SIGKILL');
    this.#announcer = undefined;
  }
}

/** What programs that are started from here may do. */
function ownCapabilities(): bigint {
  const status = readText('/proc/self/status') ?? '';
  const set = process.geteuid?.() === 0 ? 'CapEff' : 'CapAmb';
  const hex = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
  return BigInt(`0x${hex ?? '0'}`);
}

function hasBit(set: bigint, bit: bigint): boolean {
  return (set & (1n << bit)) !== 0n;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
