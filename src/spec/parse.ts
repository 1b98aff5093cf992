// From what a user wrote to the expanded spec: copy, check the shape, check the rules, write out, freeze.
import nodePath from 'node:path';
import type { z } from 'zod';
import { SpecError, type SpecIssue } from '../core/errors.js';
import { type BalancerSpec, balancerSchema, DEFAULT_DRAIN_MS, expandBalancer } from './balancer.js';
import type {
  BalancerConfig,
  FrontendConfig,
  HaConfig,
  MemberConfig,
  MonitorConfig,
  PoolConfig,
  RateLimitConfig,
} from './config.js';
import { deepFreeze } from './filled.js';
import { type FrontendSpec, frontendSchema } from './frontend.js';
import { expandFrontend } from './frontend-expansion.js';
import { checkFrontend } from './frontend-rules.js';
import { expandHa, type HaSpec, haSchema } from './ha.js';
import { checkHa } from './ha-rules.js';
import { expandMonitor, type MonitorSpec, monitorSchema } from './health.js';
import type { Host } from './host.js';
import { toDocumentOrder } from './issue-order.js';
import { expandMember, type MemberSpec, memberOrAddress } from './member.js';
import { isWithin } from './path.js';
import { toPlain } from './plain.js';
import { expandPool, type PoolSpec, poolSchema } from './pool.js';
import { checkAddress, checkMonitor, checkPool } from './pool-rules.js';
import { expandRateLimit, type RateLimitSpec, rateLimitItemSchema } from './rate-limit.js';
import { checkRateLimit } from './rate-limit-rules.js';
import { HTTPS_PORT } from './redirect-to-https.js';
import { checkBalancer } from './rules.js';
import { serviceSchema } from './service.js';
import {
  expandService,
  isServiceForm,
  type ServiceForm,
  toServiceMessage,
  toServicePath,
} from './service-expansion.js';
import { checkShape } from './shape-issues.js';
import { parseMonitorShorthand } from './shorthand.js';
import { SpecNode } from './spec-node.js';
import { show } from './wording.js';

/** What a parse may need besides the text: the host's extensions, limits and permissions, and where the spec comes from. */
export interface ParseOptions extends Host {
  /** Folder of the spec file: relative paths in the spec start there. @defaultValue paths stay as they are */
  readonly baseDir?: string;
}

/** A spec, written out, or everything that is wrong with it. */
export interface CheckResult {
  /** Undefined if there are issues. */
  readonly config: BalancerConfig | undefined;
  /** In the order of the document. */
  readonly issues: readonly SpecIssue[];
}

/** A pool by itself may go without a name. @defaultValue 'pool' */
export type StandalonePoolSpec = Omit<PoolSpec, 'name'> & { readonly name?: string };

/** A frontend by itself may go without a name. @defaultValue 'frontend' */
export type StandaloneFrontendSpec = Omit<FrontendSpec, 'name'> & { readonly name?: string };

/**
 * Checks a whole spec, short forms and the one-service form included, and writes it out.
 * The result is frozen, shares nothing with the input, and is a valid spec itself: parsing it again gives an equal one.
 * @throws SpecError with every issue (`EK_SPEC_INVALID`, `EK_NOT_SUPPORTED`, `EK_LIMIT`)
 */
export function parseSpec(input: unknown, options: ParseOptions = {}): BalancerConfig {
  const { config, issues } = checkSpec(input, options);
  if (config === undefined) throw new SpecError(issues);
  return config;
}

/** The same as {@link parseSpec} without a throw: the expanded spec, or every issue. */
export function checkSpec(input: unknown, options: ParseOptions = {}): CheckResult {
  const issues: SpecIssue[] = [];
  const plain = toPlain(input, issues);
  const spec = isServiceForm(plain)
    ? checkService(plain, options, issues)
    : checkFull(plain, options, issues);
  if (spec === undefined || issues.length > 0) {
    return { config: undefined, issues: toDocumentOrder(issues, plain) };
  }
  const config = expandBalancer(spec, pathResolver(options));
  for (const frontend of config.frontends) {
    frontends.add(frontend);
    for (const place of [frontend, ...frontend.routes]) {
      for (const limit of place.rateLimit ?? []) rateLimits.add(limit);
    }
  }
  for (const pool of config.pools) pools.add(pool);
  for (const monitor of config.monitors) monitors.add(monitor);
  if (config.ha !== undefined) pairs.add(config.ha);
  return { config: deepFreeze(config), issues };
}

function checkFull(
  spec: unknown,
  options: ParseOptions,
  issues: SpecIssue[],
): BalancerSpec | undefined {
  const typed = checkShape(balancerSchema, spec, issues);
  checkBalancer(new SpecNode(spec, issues), options);
  return typed;
}

/** Faults of the expansion are told at the place of the service that they come from. */
function checkService(
  service: ServiceForm,
  options: ParseOptions,
  issues: SpecIssue[],
): BalancerSpec | undefined {
  checkShape(serviceSchema, service, issues);
  const told = issues.map((issue) => issue.path);
  const found: SpecIssue[] = [];
  const spec = checkFull(expandService(service), options, found);
  const refused = new Set<string>();
  for (const issue of found) {
    const path = toServicePath(issue.path, service);
    if (told.some((place) => place !== '' && isWithin(path, place))) continue;
    // One word of the service may ask for several things that are refused; one refusal says it.
    if (issue.code === 'EK_NOT_SUPPORTED' && refused.has(path)) continue;
    if (issue.code === 'EK_NOT_SUPPORTED') refused.add(path);
    issues.push({ ...issue, path, message: toServiceMessage(issue.message) });
  }
  return spec;
}

/**
 * Checks one pool and writes it out; the name of a shared monitor is taken on trust.
 * @throws SpecError
 */
export function parsePool(input: StandalonePoolSpec, options: ParseOptions = {}): PoolConfig {
  return parsePart<PoolConfig, PoolSpec>(input, {
    schema: poolSchema,
    made: pools,
    defaults: { name: 'pool' },
    check: (node) => checkPool(node, options, []),
    expand: (spec) =>
      expandPool(spec, { drainTimeout: DEFAULT_DRAIN_MS, resolvePath: pathResolver(options) }),
  });
}

/**
 * Checks one frontend and writes it out; the names of pools are taken on trust.
 * @throws SpecError
 */
export function parseFrontend(
  input: StandaloneFrontendSpec,
  options: ParseOptions = {},
): FrontendConfig {
  return parsePart<FrontendConfig, FrontendSpec>(input, {
    schema: frontendSchema,
    made: frontends,
    defaults: { name: 'frontend' },
    check: (node) => checkFrontend(node, options),
    expand: (spec) =>
      expandFrontend(spec, {
        drainTimeout: DEFAULT_DRAIN_MS,
        resolvePath: pathResolver(options),
        httpsPort: HTTPS_PORT,
      }),
  });
}

/**
 * Checks one monitor, or its short form (`"http:/health:5s"`, `"tcp:5s"`), and writes it out.
 * One without a name is called as its type.
 * @throws SpecError
 */
export function parseMonitor(
  input: MonitorSpec | string,
  options: ParseOptions = {},
): MonitorConfig {
  const spec = typeof input === 'string' ? parseMonitorShorthand(input) : input;
  if (spec === undefined) {
    const message = `expected "http:/health:5s", "https:/health:5s" or "tcp:5s", got ${show(input)}`;
    throw new SpecError([{ path: '', code: 'EK_SPEC_INVALID', message }]);
  }
  return parsePart<MonitorConfig, MonitorSpec>(spec, {
    schema: monitorSchema,
    made: monitors,
    defaults: {},
    check: (node) => checkMonitor(node, options),
    expand: (monitor) =>
      expandMonitor(monitor, monitor.name ?? monitor.type, pathResolver(options)),
  });
}

/**
 * Checks one rate limit and writes it out, as for http.
 * @throws SpecError
 */
export function parseRateLimit(
  input: RateLimitSpec | RateLimitConfig,
  options: ParseOptions = {},
): RateLimitConfig {
  return parsePart<RateLimitConfig, RateLimitSpec>(input, {
    schema: rateLimitItemSchema,
    made: rateLimits,
    defaults: {},
    check: (node) => checkRateLimit(node, undefined, options),
    expand: (spec) => expandRateLimit(spec, 'http'),
  });
}

/**
 * Checks one member, or its address, and writes it out.
 * @throws SpecError
 */
export function parseMember(
  input: MemberSpec | string,
  options: { readonly defaultPort?: number } = {},
): MemberConfig {
  return parsePart<MemberConfig, MemberSpec | string>(input, {
    schema: memberOrAddress,
    made: members,
    defaults: {},
    check: (node) => checkAddress(node, options.defaultPort),
    expand: (member) => expandMember(member, options.defaultPort),
  });
}

/**
 * Checks one pair and writes it out; the pools and frontends that it tracks are taken on trust.
 * @throws SpecError
 */
export function parseHa(input: HaSpec, options: ParseOptions = {}): HaConfig {
  return parsePart<HaConfig, HaSpec>(input, {
    schema: haSchema,
    made: pairs,
    defaults: {},
    check: (node) => checkHa(node, options),
    expand: expandHa,
  });
}

/**
 * What a parse made, so that a class that is built from it need not check it again:
 * it is frozen, and was checked with the host's own options.
 */
class Made<Config extends object> {
  readonly #configs = new WeakSet();

  add(config: Config): void {
    this.#configs.add(config);
  }

  has(input: unknown): input is Config {
    return typeof input === 'object' && input !== null && this.#configs.has(input);
  }
}

const frontends: Made<FrontendConfig> = new Made();
const pools: Made<PoolConfig> = new Made();
const monitors: Made<MonitorConfig> = new Made();
const members: Made<MemberConfig> = new Made();
const pairs: Made<HaConfig> = new Made();
const rateLimits: Made<RateLimitConfig> = new Made();

interface Part<Config extends object, Spec> {
  readonly schema: z.ZodType<Spec>;
  readonly made: Made<Config>;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly check: (node: SpecNode) => void;
  readonly expand: (spec: Spec) => Config;
}

function parsePart<Config extends object, Spec>(input: unknown, part: Part<Config, Spec>): Config {
  if (part.made.has(input)) return input;
  const issues: SpecIssue[] = [];
  const plain = toPlain(input, issues);
  const value =
    typeof plain === 'object' && plain !== null && !Array.isArray(plain)
      ? { ...part.defaults, ...plain }
      : plain;
  const spec = checkShape(part.schema, value, issues);
  part.check(new SpecNode(value, issues));
  if (spec === undefined || issues.length > 0) throw new SpecError(toDocumentOrder(issues, value));
  const config = deepFreeze(part.expand(spec));
  part.made.add(config);
  return config;
}

function pathResolver({ baseDir }: ParseOptions): (file: string) => string {
  return baseDir === undefined ? (file) => file : (file) => nodePath.resolve(baseDir, file);
}
