// A request as passes see it, made from a few facts.
import type net from 'node:net';
import type { ClientConnection, TlsFacts } from '../../../../../src/frontend/handler.js';
import { Decision } from '../../../../../src/frontend/http/policy/decision.js';
import type { HeadChanges } from '../../../../../src/frontend/http/policy/head-changes.js';
import type { Pass, Verdict } from '../../../../../src/frontend/http/policy/policy.js';
import type { RequestView } from '../../../../../src/frontend/http/policy/request-view.js';

/** What a test may say of a request; the rest is `GET /` of 192.0.2.1 for a.test. */
export interface RequestFacts {
  readonly method?: string;
  readonly authority?: string;
  readonly target?: string;
  readonly source?: string;
  readonly version?: '1.0' | '1.1' | '2';
  readonly nowMs?: number;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: Partial<TlsFacts>;
}

/** A request with these facts. */
export function fakeRequest(facts: RequestFacts = {}): RequestView {
  const { source = '192.0.2.1', authority = 'a.test', headers = {} } = facts;
  const client: ClientConnection = {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- passes know no sockets
    socket: undefined as unknown as net.Socket,
    slot: { reader: undefined } as never,
    source,
    sourcePort: 40_000,
    destination: '198.51.100.9',
    destinationPort: 80,
    tls: facts.tls && {
      serverName: '',
      version: 'TLSv1.3',
      cipher: '',
      protocol: '',
      clientSubject: '',
      ...facts.tls,
    },
  };
  return {
    client,
    source,
    method: facts.method ?? 'GET',
    authority,
    host: authority.replace(/:\d*$/, '').toLowerCase(),
    target: facts.target ?? '/',
    version: facts.version ?? '1.1',
    nowMs: facts.nowMs ?? 0,
    tried: [],
    attribute: (kind, name) => (kind === 'header' ? headers[name] : undefined),
    hasHeader: (name, value) => headers[name] === value,
    onHeld: () => {},
  };
}

/** What a pass says, and what it notes. */
export async function judge(
  pass: Pass,
  facts: RequestFacts = {},
): Promise<{ readonly verdict: Verdict; readonly decision: Decision }> {
  const decision = new Decision();
  decision.begin(undefined);
  const verdict = await pass.judge(fakeRequest(facts), decision);
  return { verdict, decision };
}

/** Changes as text: `-name` for lines that go, `name: value` for those that come. */
export function changesOf({ removed, added }: HeadChanges): readonly string[] {
  return [...removed.map((name) => `-${name}`), ...added.map((l) => `${l.name}: ${l.value}`)];
}
