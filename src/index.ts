// Public names of evenkeel, one by one.

// The load balancer and what it is put together from.
export { Balancer, type BalancerOptions } from './balancer/balancer.js';
export type { Certificates } from './balancer/certificates.js';
export type { BalancerParts } from './balancer/parts.js';
// The seams: time, chance, events, errors.
export { type Clock, type ClockTimer, systemClock } from './core/clock.js';
export { Emitter, type EventMap } from './core/emitter.js';
export type { Environment } from './core/environment.js';
export {
  type ErrorCode,
  type ErrorSide,
  EvenkeelError,
  renderIssue,
  SpecError,
  type SpecIssue,
} from './core/errors.js';
export { type Random, seededRandom, systemRandom } from './core/random.js';
export type { AccessLogTarget } from './frontend/access-log/log-writer.js';
export {
  Frontend,
  type FrontendDependencies,
  type FrontendOptions,
} from './frontend/frontend.js';
export type { RouteOptions } from './frontend/frontend-options.js';
export type { PoolLookup } from './frontend/handler.js';
export type { AddressDriver } from './ha/driver.js';
export type { HaHook } from './ha/drivers/hook.js';
export type { HaListeners } from './ha/drivers/listen.js';
export { HaPair, type HaPairDependencies } from './ha/ha-pair.js';
export type {
  ReplicaEntry,
  ReplicaKind,
  ReplicaSource,
  ReplicaSources,
} from './ha/replication/source.js';
export {
  HealthChecker,
  type HealthCheckerOptions,
  type WatchOptions,
} from './health/health-checker.js';
// Health checks and discovery of the host's own.
export type { HealthFlip, HealthListener } from './health/listener.js';
export type { Probe, ProbeResult, ProbeTarget } from './health/probe.js';
export type { CustomCheck } from './health/probes/custom.js';
export { describeDiff } from './model/describe-diff.js';
export type { HealthReport, PickReport } from './model/diagnostics.js';
export type { ApplyOptions, Engine, StartedAddresses } from './model/engine.js';
// What it says while it runs.
export {
  type BalancerEvents,
  type BoundAddress,
  type DrainResult,
  EVENT_NAMES,
} from './model/events.js';
// Lending members without a proxy.
export type { AdminState, HealthState, LastCheck, MemberOptions } from './model/member.js';
export { Member, MemberState } from './model/member.js';
export type { Outcome } from './model/outcome.js';
export { type AttributeKind, createPickContext, type PickContext } from './model/pick-context.js';
export type {
  ClientReport,
  RequestReport,
  TraceEnd,
  TracePhase,
  TryReport,
} from './model/request-report.js';
export type {
  BalancerStatus,
  CertificateStatus,
  FrontendStatus,
  FrontendTotals,
  HaStatus,
  MemberStatus,
  PoolStatus,
  PoolTotals,
} from './model/status.js';
export type { AnswersByClass, MemberTotals } from './model/totals.js';
export type { DiscoverMembers } from './pool/discovery/custom.js';
export type { Lease, LeaseOwner, PendingLease, Refusal, RefusalReason } from './pool/lease.js';
export type { DrainOptions, PoolDependencies, PoolOptions } from './pool/options.js';
export { Pool } from './pool/pool.js';
export { RetryPolicy } from './pool/retry-policy.js';
// Rate limits without a proxy, and stores of the host's own.
export type { HeldPlace } from './rate-limit/delay-line.js';
export { RateLimiter, type RateLimiterDependencies } from './rate-limit/rate-limiter.js';
export type { RateLimitRule, RateLimitVerdict } from './rate-limit/rule.js';
export type { RateLimitQuery, RateLimitStore } from './rate-limit/store.js';
export type { StoreListener } from './rate-limit/store-guard.js';
// The spec: what a user writes, and what it expands to.
export type { BalancerSpec } from './spec/balancer.js';
export type {
  BalancerConfig,
  CertificateConfig,
  DiscoveryConfig,
  FrontendConfig,
  HaConfig,
  HashKeyConfig,
  HaTrackConfig,
  MemberConfig,
  MonitorConfig,
  MonitorType,
  OutlierConfig,
  PoolConfig,
  PoolTlsConfig,
  Protocol,
  RateLimitConfig,
  RetriesConfig,
  RetryCondition,
  RewritePathConfig,
  RouteConfig,
  ShareConfig,
  StickyConfig,
  StrategyConfig,
  TlsConfig,
} from './spec/config.js';
export {
  diffConfig,
  type FrontendChange,
  type MembersDiff,
  type NamedDiff,
  type PoolChange,
  type SpecDiff,
} from './spec/diff.js';
export type {
  CustomDiscoverySpec,
  DiscoverySpec,
  DnsDiscoverySpec,
  FileDiscoverySpec,
} from './spec/discovery.js';
export type {
  AccessLogFormat,
  AccessSpec,
  ForwardedSpec,
  FrontendSpec,
  FrontendTimeoutsSpec,
  LimitsSpec,
} from './spec/frontend.js';
export type { HaAddressSpec, HaSpec, HaTrackSpec } from './spec/ha.js';
export type { HeaderChangesSpec, HeadersSpec } from './spec/headers.js';
export type { ExpectSpec, MonitorSpec } from './spec/health.js';
export type { Host } from './spec/host.js';
export type {
  BasicAuthSpec,
  CompressionSpec,
  HstsSpec,
  Http2Spec,
  MaintenanceSpec,
  RequestIdSpec,
} from './spec/http-features.js';
export { jsonSchema } from './spec/json-schema.js';
export type { Duration, Size } from './spec/leaf.js';
export type { HostLimits } from './spec/limits.js';
export type { MemberSpec } from './spec/member.js';
export {
  type CheckResult,
  checkSpec,
  type ParseOptions,
  parseFrontend,
  parseMember,
  parseMonitor,
  parsePool,
  parseRateLimit,
  parseSpec,
  type StandaloneFrontendSpec,
  type StandalonePoolSpec,
} from './spec/parse.js';
export type {
  DrainSpec,
  OutlierSpec,
  PoolHttpSpec,
  PoolSpec,
  PoolTimeoutsSpec,
  QueueSpec,
} from './spec/pool.js';
export type { RateLimitKey, RateLimitSpec } from './spec/rate-limit.js';
export type { RetriesSpec, RetryConditionSpec } from './spec/retries.js';
export type { MatchSpec, RouteSpec, RouteTimeoutsSpec } from './spec/route.js';
export type { BackendSpec, ServiceSpec } from './spec/service.js';
export type {
  CookieStickySpec,
  HeaderStickySpec,
  SourceIpStickySpec,
  StickySpec,
} from './spec/sticky.js';
export type { KeyedHashSpec, SourceHashSpec, StrategySpec } from './spec/strategy.js';
export type { CertificateSpec, ClientAuthSpec, PoolTlsSpec, TlsSpec } from './spec/tls.js';
// Clients that stay with their member.
export type { AnswerCookie, CookieMode } from './sticky/answer-cookie.js';
export { MemoryStickyStore, type MemoryStoreBounds } from './sticky/memory-store.js';
export type { StickyEntry, StickyStore } from './sticky/store.js';
// Strategies, and what it takes to write one.
export { BoundedLoad } from './strategy/bounded-load.js';
export { First } from './strategy/first.js';
export { KeyedHash, type KeyMapping } from './strategy/keyed-hash.js';
export { LeastConnections } from './strategy/least-connections.js';
export { PeakEwma } from './strategy/peak-ewma.js';
export { RandomChoice } from './strategy/random.js';
export { createStrategy, STRATEGY_NAMES } from './strategy/registry.js';
export { RoundRobin } from './strategy/round-robin.js';
export { SourceHash, type SourceMapping } from './strategy/source-hash.js';
export { StaticWeighted } from './strategy/static-weighted.js';
export type { Eligible, Picker, Strategy } from './strategy/strategy.js';
export { TwoChoices } from './strategy/two-choices.js';
export { createSelfSigned, type SelfSigned, type SelfSignedOptions } from './tls/self-signed.js';
