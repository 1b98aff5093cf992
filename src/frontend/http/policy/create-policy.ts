// Which passes the settings of a frontend ask for, in the order in which a request meets them.
import { CidrSet } from '../../../core/cidr.js';
import { makeBoth } from '../../../core/make-both.js';
import type { FrontendConfig } from '../../../spec/config.js';
import type { FrontendContext, PoolLookup } from '../../handler.js';
import { BasicAuthPass } from './basic-auth-pass.js';
import { HeadersPass } from './headers-pass.js';
import { HstsPass } from './hsts-pass.js';
import { MaintenancePass } from './maintenance-pass.js';
import type { Pass } from './policy.js';
import { Policy } from './policy.js';
import { createRateLimitPasses } from './rate-limit-pass.js';
import { RedirectToHttpsPass } from './redirect-to-https-pass.js';
import { RequestIdPass } from './request-id-pass.js';
import { RoutePass, type RoutePasses } from './route-pass.js';

/** What passes are built from. */
export interface PolicyParts {
  readonly config: FrontendConfig;
  readonly pools: PoolLookup;
  readonly context: FrontendContext;
}

/**
 * The policy of a frontend; undefined = it has none, and nothing is asked per request.
 * Passes that only note something come first: what they note goes with every answer.
 * @throws SpecError `EK_FILE` with every file that the settings name and that can't be read; EvenkeelError `EK_UNKNOWN_NAME` when a pool does not exist
 */
export function createPolicy({ config, pools, context }: PolicyParts): Policy | undefined {
  const { requestId, hsts, maintenance, redirectToHttps, basicAuth, headers, routes } = config;
  const passes: Pass[] = [];
  if (requestId !== undefined) {
    const { random } = context.environment;
    passes.push(new RequestIdPass(requestId.header, new CidrSet(requestId.trust), random));
  }
  if (hsts !== undefined) passes.push(new HstsPass(hsts));
  const [maintained, authenticated] = makeBoth(
    () => maintenance && new MaintenancePass(maintenance),
    () => basicAuth && new BasicAuthPass(basicAuth, context),
  );
  if (maintained !== undefined) passes.push(maintained);
  if (redirectToHttps !== undefined) passes.push(new RedirectToHttpsPass(redirectToHttps.port));
  passes.push(...createRateLimitPasses(config.rateLimit, { name: config.name }, context));
  if (authenticated !== undefined) passes.push(authenticated);
  if (headers !== undefined) passes.push(new HeadersPass(headers));
  if (routes.length > 0) {
    // Counters belong to what a route matches: its place in the list may change.
    const passesOf: RoutePasses = ({ rateLimit, match }, name) =>
      createRateLimitPasses(rateLimit, { name, scope: JSON.stringify(match) }, context);
    passes.push(new RoutePass({ routes, pools, context, passesOf }));
  }
  return passes.length === 0 ? undefined : new Policy(passes);
}
