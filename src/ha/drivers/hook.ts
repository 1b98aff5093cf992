// An address that the host's own code moves: a cloud's API, a DNS record.
import { EvenkeelError } from '../../core/errors.js';
import type { AddressDriver } from '../driver.js';

/** What the host brings as an extension for `address: { hook: NAME }`. What rejects counts as failed: another node takes over. */
export interface HaHook {
  /** Points the address at this node. @param signal - it is no longer wanted */
  acquire(signal: AbortSignal): void | Promise<void>;
  /** Takes it away from this node, if it still points there. */
  release(): void | Promise<void>;
  /** At the start: whether it could be done, and what a killed process left behind. @defaultValue nothing */
  prepare?(): void | Promise<void>;
  /** After two nodes were active, or one came back: points it here again. @defaultValue nothing */
  announce?(): void;
}

/** Calls the host's functions. */
export class HookDriver implements AddressDriver {
  readonly description: string;
  readonly #hook: HaHook;

  /** @throws EvenkeelError `EK_HA` when the extension is no hook */
  constructor(name: string, extension: unknown) {
    if (!isHook(extension))
      throw new EvenkeelError(
        'EK_HA',
        `ha: extension "${name}" is no hook: it needs the functions acquire and release`,
      );
    this.description = `hook ${name}`;
    this.#hook = extension;
  }

  async prepare(): Promise<void> {
    await this.#hook.prepare?.();
  }

  async acquire(signal: AbortSignal): Promise<void> {
    await this.#hook.acquire(signal);
  }

  async release(): Promise<void> {
    await this.#hook.release();
  }

  announce(): void {
    this.#hook.announce?.();
  }

  detach(): Promise<void> {
    return Promise.resolve();
  }
}

function isHook(value: unknown): value is HaHook {
  return ['acquire', 'release'].every(
    (method) =>
      typeof value === 'object' &&
      value !== null &&
      typeof Reflect.get(value, method) === 'function',
  );
}
