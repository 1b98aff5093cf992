// The same features for evenkeel and HAProxy: routes, a sticky cookie, a rate limit, forwarded headers.

/** Applications with paths of their own; the load asks for one in the middle. */
const APPLICATIONS = Array.from({ length: 12 }, (_, i) => `/app-${i + 1}/`);

/** What the load asks for, and brings. */
export const FULL_REQUEST = {
  path: '/app-8/list',
  cookie: 'theme=dark; SERVERID=m1; session=0123456789abcdef0123456789abcdef',
};

/** More than any load sends: what is measured is the counting. */
const REQUESTS = 100_000_000;

/** Fields of evenkeel's frontend. */
export const FRONTEND = {
  rateLimit: { requests: REQUESTS, window: '60s' },
  routes: APPLICATIONS.map((path) => ({ match: { path }, pool: 'members' })),
};

/** Fields of evenkeel's pool. */
export const POOL = { sticky: { mode: 'cookie', cookie: 'SERVERID', httpOnly: true } };

/** Lines of HAProxy's frontend, in the place of its default backend too. */
export const HAPROXY_FRONTEND = `
  http-request track-sc0 src table clients
  http-request deny deny_status 429 if { sc_http_req_rate(0,clients) gt ${REQUESTS} }
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
${APPLICATIONS.map((path) => `  use_backend members if { path_beg ${path} }`).join('\n')}`;

/** Lines of HAProxy's backend. */
export const HAPROXY_BACKEND = '  cookie SERVERID insert indirect nocache httponly';

/** The table of the rate limit. */
export const HAPROXY_TABLE = `
backend clients
  stick-table type ipv6 size 100k expire 120s store http_req_rate(60s)`;
