// A balancer with one scripted member behind it, and what every case of the strictness suite asks of the two.
import { expect } from 'vitest';
import { Balancer } from '../../../src/balancer/balancer.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import {
  RawClient,
  type RawRequest,
  type RawResponse,
  ScriptedMember,
} from '../../support/raw-http.js';

type FrontendPart = Partial<NonNullable<BalancerSpec['frontends']>[number]>;
type PoolPart = Partial<NonNullable<BalancerSpec['pools']>[number]>;

/** A running balancer and its member. */
export class Rig {
  readonly balancer: Balancer;
  readonly member: ScriptedMember;
  readonly port: number;

  private constructor(balancer: Balancer, member: ScriptedMember, port: number) {
    this.balancer = balancer;
    this.member = member;
    this.port = port;
  }

  static async start(frontend: FrontendPart = {}, pool: PoolPart = {}): Promise<Rig> {
    const member = await ScriptedMember.start();
    const spec = {
      name: `strict-${member.port}`,
      frontends: [
        { name: 'web', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'app', ...frontend },
      ],
      pools: [{ name: 'app', members: [`127.0.0.1:${member.port}`], ...pool }],
    } as BalancerSpec;
    const balancer = new Balancer(spec);
    const addresses = await balancer.start();
    return new Rig(balancer, member, addresses['web']?.[0]?.port ?? 0);
  }

  connect(): Promise<RawClient> {
    return RawClient.connect(this.port);
  }

  /** Sends `bytes` on a connection of its own and reads every answer up to the end. */
  async exchange(bytes: string, isHead = false): Promise<RawResponse[]> {
    const client = await this.connect();
    client.send(bytes);
    client.endSending();
    const answers = await client.responses(isHead);
    client.close();
    return answers;
  }

  /**
   * What the member has seen since the last call. A request of our own comes last, so that nothing is still on its way;
   * it is left out.
   */
  async seen(): Promise<RawRequest[]> {
    const client = await this.connect();
    const mark = `/mark-${this.member.connections.length}-${this.member.requests.length}`;
    const { script } = this.member;
    this.member.script = (request, side) =>
      request.target === mark
        ? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmark'
        : script(request, side);
    client.send(`GET ${mark} HTTP/1.1\r\nHost: mark\r\n\r\n`);
    const answer = await client.response();
    client.close();
    this.member.script = script;
    expect(answer?.body).toBe('mark');
    const seen = this.member.requests.filter((request) => request.target !== mark);
    this.member.forget();
    return seen;
  }

  async close(): Promise<void> {
    await this.balancer.close();
    await this.member.close();
  }
}

/** The answer of a refusal: its status, closed, with a length, and not a word about members. */
export function expectRefusal(answer: RawResponse | undefined, status: number): void {
  expect(answer?.status).toBe(status);
  expect(answer?.fields.get('connection')).toBe('close');
  expect(answer?.fields.has('content-length')).toBe(true);
  expect(answer?.fields.has('content-type')).toBe(true);
  expect(answer?.isWhole).toBe(true);
  expect(answer?.head).not.toMatch(/127\.0\.0\.1/);
}
