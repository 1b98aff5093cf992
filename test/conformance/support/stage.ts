// One run of a scenario on one engine: members, the engine, and clients that send and note what they see.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Balancer } from '../../../src/balancer/balancer.js';
import { HaproxyEngine } from '../../../src/haproxy/engine/haproxy-engine.js';
import type { Engine } from '../../../src/model/engine.js';
import type { MemberStatus } from '../../../src/model/status.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import type { MemberSpec } from '../../../src/spec/member.js';
import { Member, TcpMember } from './member.js';
import { takePort } from './ports.js';
import type { EngineKind, Scenario } from './scenario.js';

/** Where things are, for specs. */
export interface Places {
  /** `127.0.0.1:port` of a frontend; the same text for the same name. */
  bind(frontend?: string): string;
  /** A member as the spec names it. */
  member(name: string, more?: Partial<MemberSpec>): MemberSpec;
  /** All members that the scenario starts. */
  members(more?: Partial<MemberSpec>): MemberSpec[];
  /** A port of 127.0.0.1 where nobody listens. */
  readonly deadAddress: string;
  /** A folder for files that the spec names. */
  readonly folder: string;
}

/** An answer, read whole. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  /** `name: value`, names in lower case, in order. */
  readonly lines: readonly string[];
  readonly ms: number;
  /** The connection ended before the answer was whole. */
  readonly isCut: boolean;
}

/** What to send besides a GET. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** Local address: 127.0.0.2 and so on. */
  readonly from?: string;
  readonly agent?: Agent;
  readonly frontend?: string;
}

/** What a raw connection showed. */
export interface RawResult {
  readonly text: string;
  /** `open`: it did not end within the time. */
  readonly ending: 'end' | 'reset' | 'open';
  readonly ms: number;
}

/** Longest wait for something that must happen, ms: machines may be busy. */
const PATIENCE_MS = 20_000;

export class Stage implements Places {
  readonly kind: EngineKind;
  readonly folder: string;
  readonly #scenario: Scenario;
  readonly #members: Map<string, Member> = new Map();
  readonly #tcpMembers: Map<string, TcpMember> = new Map();
  readonly #ports: Map<string, number> = new Map();
  readonly #agents: Agent[] = [];
  readonly #sockets: Set<Socket> = new Set();
  #engine: Engine | undefined;
  #deadPort = 0;

  constructor(scenario: Scenario, kind: EngineKind) {
    this.#scenario = scenario;
    this.kind = kind;
    this.folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-cs-'));
  }

  /** Starts the members, and the engine with the scenario's spec. */
  async open(): Promise<void> {
    this.#deadPort = await takePort();
    for (const name of this.#scenario.members) {
      const member = name.startsWith('tcp') ? new TcpMember(name) : new Member(name);
      await member.listen();
      if (member instanceof Member) this.#members.set(name, member);
      else this.#tcpMembers.set(name, member);
    }
    for (const name of ['f', 'g', 'h']) this.#ports.set(name, await takePort());
    await this.startEngine();
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) agent.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await this.#engine?.close();
    for (const member of [...this.#members.values(), ...this.#tcpMembers.values()])
      await member.die();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error('no engine');
    return this.#engine;
  }

  /** The spec as it stands now: members and ports are where they are. */
  get spec(): BalancerSpec {
    return this.#scenario.spec(this);
  }

  get deadAddress(): string {
    return `127.0.0.1:${this.#deadPort}`;
  }

  bind(frontend: string = 'f'): string {
    return `127.0.0.1:${this.port(frontend)}`;
  }

  port(frontend: string = 'f'): number {
    return this.#ports.get(frontend) ?? 0;
  }

  /** A member for specs. */
  member(name: string, more: Partial<MemberSpec> = {}): MemberSpec {
    return { name, address: (this.#members.get(name) ?? this.tcp(name)).address, ...more };
  }

  members(more: Partial<MemberSpec> = {}): MemberSpec[] {
    return this.#scenario.members.map((name) => this.member(name, more));
  }

  /** An http member itself. */
  at(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  }

  /** A tcp member itself. */
  tcp(name: string): TcpMember {
    const member = this.#tcpMembers.get(name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  }

  /** Starts an engine; the one before is closed: what a restart of the balancer is. */
  async startEngine(spec: BalancerSpec = this.spec): Promise<void> {
    await this.#engine?.close();
    this.#engine =
      this.kind === 'process'
        ? new Balancer(spec, { baseDir: this.folder })
        : new HaproxyEngine(spec, {
            directory: path.join(this.folder, 'haproxy'),
            baseDir: this.folder,
            observeMs: 50,
          });
    await this.#engine.start();
  }

  /** Changes the spec of what runs. */
  async apply(change: (spec: BalancerSpec) => BalancerSpec): Promise<void> {
    await this.engine.apply(change(this.spec));
  }

  /** The status of a member now. */
  async memberStatus(name: string, pool: string = 'b'): Promise<MemberStatus | undefined> {
    if (this.engine instanceof HaproxyEngine) await this.engine.refresh();
    const found = this.engine.status().pools.find((item) => item.name === pool);
    return found?.members.find((item) => item.name === name);
  }

  /** Waits until a member is up or down. @returns ms it took */
  async until(name: string, health: 'up' | 'down', pool: string = 'b'): Promise<number> {
    const began = performance.now();
    await this.eventually(
      async () => (await this.memberStatus(name, pool))?.health === health,
      `${name} is ${health}`,
    );
    return performance.now() - began;
  }

  /** Waits until something is so. */
  async eventually(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const began = performance.now();
    while (!(await isSo())) {
      if (performance.now() - began > PATIENCE_MS) throw new Error(`${this.kind}: never: ${what}`);
      await pause(5);
    }
  }

  /** One request, on a connection of its own unless an agent is given. A connection that fails is status 0. */
  get(target: string = '/', ask: Ask = {}): Promise<Reply> {
    const { method = 'GET', headers = {}, body, from, agent = false, frontend = 'f' } = ask;
    const began = performance.now();
    return new Promise((resolve) => {
      const request = httpRequest({
        host: '127.0.0.1',
        port: this.port(frontend),
        path: target,
        method,
        agent,
        headers: { ...headers } as Record<string, string | string[]>,
        ...(from === undefined ? {} : { localAddress: from }),
      });
      const failed = (): void =>
        resolve({
          status: 0,
          body: '',
          headers: {},
          lines: [],
          ms: performance.now() - began,
          isCut: true,
        });
      request.on('error', failed);
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('latin1');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', () => undefined);
        response.on('close', () => {
          const lines: string[] = [];
          for (let i = 0; i < response.rawHeaders.length; i += 2)
            lines.push(`${response.rawHeaders[i]?.toLowerCase()}: ${response.rawHeaders[i + 1]}`);
          resolve({
            status: response.statusCode ?? 0,
            body: text,
            headers: response.headers,
            lines,
            ms: performance.now() - began,
            isCut: !response.complete,
          });
        });
      });
      request.end(body);
    });
  }

  /** Bodies of requests one after the other. */
  async bodies(count: number, target: string = '/', ask: Ask = {}): Promise<string[]> {
    const bodies: string[] = [];
    for (let i = 0; i < count; i++) bodies.push((await this.get(target, ask)).body);
    return bodies;
  }

  /** Statuses of requests one after the other. */
  async statuses(count: number, target: string = '/', ask: Ask = {}): Promise<number[]> {
    const statuses: number[] = [];
    for (let i = 0; i < count; i++) statuses.push((await this.get(target, ask)).status);
    return statuses;
  }

  /** The member of each of 127.0.0.2 and up, by body. */
  async sources(count: number, target: string = '/'): Promise<string[]> {
    const bodies: string[] = [];
    for (let i = 0; i < count; i++)
      bodies.push((await this.get(target, { from: `127.0.0.${i + 2}` })).body);
    return bodies;
  }

  /** Keeps one connection alive for requests that are given it. */
  keepAlive(): Agent {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.push(agent);
    return agent;
  }

  /** An open connection to a frontend. */
  async connect(from?: string, frontend: string = 'f'): Promise<RawClient> {
    const socket = connect({
      host: '127.0.0.1',
      port: this.port(frontend),
      allowHalfOpen: true,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    const client = new RawClient(socket);
    await once(socket, 'connect').catch(() => undefined);
    return client;
  }

  /** Sends bytes and notes what comes until the connection ends, or `withinMs` have passed. */
  async raw(text: string, withinMs: number = 2000, frontend: string = 'f'): Promise<RawResult> {
    const client = await this.connect(undefined, frontend);
    if (text !== '') client.send(text);
    const result = await client.until(withinMs);
    client.socket.destroy();
    return result;
  }
}

/** A client of bytes. */
export class RawClient {
  readonly socket: Socket;
  readonly #began: number = performance.now();
  #text = '';
  #ending: 'end' | 'reset' | 'open' = 'open';
  #endedAt = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (this.#text += chunk));
    socket.on('error', () => this.#end('reset'));
    socket.on('end', () => this.#end('end'));
    socket.on('close', () => this.#end('end'));
  }

  get text(): string {
    return this.#text;
  }

  get ending(): 'end' | 'reset' | 'open' {
    return this.#ending;
  }

  send(text: string | Buffer): void {
    if (typeof text === 'string') this.socket.write(text, 'latin1');
    else this.socket.write(text);
  }

  /** Resolves when the text has come, or the connection has ended. */
  async sees(text: string): Promise<boolean> {
    const began = performance.now();
    while (!this.#text.includes(text) && this.#ending === 'open') {
      if (performance.now() - began > PATIENCE_MS) return false;
      await pause(2);
    }
    return this.#text.includes(text);
  }

  /** What came until the end; `open` if there is none within the time. */
  async until(withinMs: number = PATIENCE_MS): Promise<RawResult> {
    const began = performance.now();
    while (this.#ending === 'open' && performance.now() - began < withinMs) await pause(2);
    const ms = (this.#ending === 'open' ? performance.now() : this.#endedAt) - this.#began;
    return { text: this.#text, ending: this.#ending, ms };
  }

  #end(ending: 'end' | 'reset'): void {
    if (this.#ending !== 'open') return;
    this.#ending = ending;
    this.#endedAt = performance.now();
  }
}

/** Between two looks at something that is awaited, and between steps of traffic. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** How often each text comes. */
export function countOf(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of [...texts].sort()) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}
