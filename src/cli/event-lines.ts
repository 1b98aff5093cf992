// A balancer's life as lines: one JSON object each for machines, one sentence each for people.

import { renderHostPort } from '../core/address.js';
import type { StartedAddresses } from '../model/engine.js';
import type { BalancerEvents, BoundAddress } from '../model/events.js';

/** `{"event":"listening","frontends":{"public":[{"address":"127.0.0.1","port":8080}]}}`. */
export function renderListening(addresses: StartedAddresses, isJson: boolean): string {
  if (isJson) return JSON.stringify({ event: 'listening', frontends: addresses });
  return Object.entries(addresses)
    .map(([frontend, bound]) => `${frontend} listens on ${bound.map(renderBound).join(', ')}`)
    .join('\n');
}

/** One event as one line, without the line end. */
export function renderEvent<Name extends keyof BalancerEvents>(
  name: Name,
  payload: BalancerEvents[Name],
  isJson: boolean,
): string {
  if (isJson) return JSON.stringify({ event: name, ...payload });
  const { at, reason, ...rest } = payload;
  const facts = Object.entries(rest).map(([key, value]) => `${key}=${renderFact(value)}`);
  return [renderTime(at), name.padEnd(18), ...facts, reason === '' ? '' : `(${reason})`]
    .join(' ')
    .trimEnd();
}

/** Unix ms -> `14:03:59.123`, in UTC like every log of this tool. */
function renderTime(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}

function renderFact(value: unknown): string {
  if (Array.isArray(value)) return value.map((bound: BoundAddress) => renderBound(bound)).join(',');
  return String(value);
}

function renderBound({ address, port }: BoundAddress): string {
  return renderHostPort({ host: address, port });
}
