// Whether the gateway answers: a node that is cut off must not take the address.
import { findCommand, runCommand } from './command.js';

/** How long one answer may take, ms; then it is asked once more. */
const PATIENCE_MS = 300;

/** What is missing to ask a gateway; undefined = nothing. */
export function gatewayLack(): string | undefined {
  return findCommand('ping') === undefined
    ? 'the program ping is missing (package iputils-ping)'
    : undefined;
}

/** Pings `address`, twice at most. @returns false also when there is no `ping` */
export async function pingGateway(address: string): Promise<boolean> {
  const ping = findCommand('ping');
  if (ping === undefined) return false;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await runCommand(ping, ['-n', '-q', '-c', '1', '-W', '1', address], PATIENCE_MS);
      return true;
    } catch {
      // No answer, or no way there.
    }
  }
  return false;
}
