// What every scripted member has in common, whatever it speaks.
import type { Environment } from '../../core/environment.js';
import type { Step } from './script.js';

/** What a service asks of its member. */
export interface ServiceHost {
  readonly name: string;
  readonly environment: Environment;
  /** Uses the present step once; undefined = the member is paused: take it and never answer. */
  use(): Step | undefined;
  /** The present step, not used. */
  readonly step: Step;
  /** A request, connection or datagram has come. */
  onRequest(): void;
}

/** The sockets of one member. */
export interface MemberService {
  /** Opens the port, 0 = any; returns the real one. */
  open(port: number): Promise<number>;
  /** Closes the port; what is open stays. */
  shut(): Promise<void>;
  /** Resets everything that is open. */
  reset(): void;
}
