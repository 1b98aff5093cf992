// How a node holds the address of a pair: the contract, for the kinds in drivers/ and for the host's own.

/**
 * Takes the address and lets go of it. Calls never overlap: each waits for the one before.
 * `acquire` and `release` do nothing when that is done already.
 */
export interface AddressDriver {
  /** What it holds, for people: `192.0.2.10/24 on eth0`. */
  readonly description: string;
  /**
   * Before anything else: checks that the address could be held, and removes what a killed process left behind.
   * @throws EvenkeelError `EK_HA` with everything that is missing
   */
  prepare(): Promise<void>;
  /** Resolves when the address is held; the network is told in the background. @param signal - it is no longer wanted */
  acquire(signal: AbortSignal): Promise<void>;
  /**
   * With every advert of the active one: it is still wanted. For an address that the system gives up by itself, should the process be killed.
   * Rejects when it could not be kept; twice in a row counts as lost: another node takes over.
   * @defaultValue nothing
   */
  renew?(): Promise<void>;
  /** Resolves when it is not held any more. */
  release(): Promise<void>;
  /** Tells the network again where the address is. */
  announce(): void;
  /** Keeps the address where it is, and lets go of everything else: the process will end. */
  detach(): Promise<void>;
}
