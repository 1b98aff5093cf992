// What `evenkeel run` starts: the balancer in this process, or a HAProxy of this machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Balancer } from '../balancer/balancer.js';
import { HaproxyEngine } from '../haproxy/engine/haproxy-engine.js';
import type { Engine } from '../model/engine.js';
import type { BalancerConfig } from '../spec/config.js';

/** Names of `--engine`. */
export const ENGINE_KINDS = ['in-process', 'haproxy'] as const;

/** What the command line says of the engine. */
export interface EngineChoice {
  readonly kind: (typeof ENGINE_KINDS)[number];
  /** Folder of HAProxy's configurations and sockets. @defaultValue a temporary one, removed at the end */
  readonly directory?: string;
  /** HAProxy's program. @defaultValue the installed one */
  readonly program?: string;
  /** Address of HAProxy's Prometheus exporter. @defaultValue none */
  readonly prometheus?: string;
  /** Whether checks may start programs. */
  readonly allowExec: boolean;
}

/** An engine that runs nothing yet, and what is to be done after its end. */
export interface BuiltEngine {
  readonly engine: Engine;
  readonly release: () => Promise<void>;
}

/** Builds the engine of choice. @throws SpecError */
export async function buildEngine(
  config: BalancerConfig,
  { kind, directory, program, prometheus, allowExec }: EngineChoice,
): Promise<BuiltEngine> {
  if (kind === 'in-process')
    return { engine: new Balancer(config, { allowExec }), release: async () => undefined };
  const own = directory ?? (await mkdtemp(path.join(tmpdir(), 'evenkeel-')));
  const engine = new HaproxyEngine(config, {
    directory: own,
    allowExec,
    ...(program === undefined ? {} : { program }),
    ...(prometheus === undefined ? {} : { prometheus }),
  });
  const release = async (): Promise<void> => {
    if (directory === undefined) await rm(own, { recursive: true, force: true });
  };
  return { engine, release };
}
