// Access logs.
import type { FrontendConfig } from '../spec/config.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';

/** Fields of a line of JSON; texts that a client had a hand in are escaped. */
const JSON_FIELDS: readonly string[] = ['"frontend":"%f"', '"client":"%ci"', '"clientPort":%cp'];

const JSON_HTTP: readonly string[] = [
  '"method":"%HM"',
  '"target":"%[var(txn.log_target),json(utf8s)]"',
  '"host":"%[var(txn.log_host),json(utf8s)]"',
  '"requestId":"%[var(txn.id),json(utf8s)]"',
  '"status":%ST',
];

const JSON_END: readonly string[] = [
  '"pool":"%b"',
  '"member":"%s"',
  '"bytesOut":%B',
  '"bytesIn":%U',
  '"queueMs":%Tw',
  '"connectMs":%Tc',
  '"totalMs":%Tt',
  '"end":"%ts"',
];

/** Writes the form of the log, or that there is none. */
export function addAccessLog(
  { report }: Emission,
  section: Section,
  { accessLog, protocol }: FrontendConfig,
  path: string,
): void {
  if (accessLog === undefined) {
    section.add('no', 'log');
    return;
  }
  const isHttp = protocol !== 'tcp';
  const place = `${path}.accessLog`;
  if (accessLog.format === 'haproxy') {
    section.add('option', isHttp ? 'httplog' : 'tcplog');
    report.exact(place, 'The same format, on standard output.');
    return;
  }
  if (isHttp) {
    section.add('http-request', 'set-var(txn.log_target)', 'pathq');
    section.add('http-request', 'set-var(txn.log_host)', 'req.hdr(host)');
  }
  const fields = [...JSON_FIELDS, ...(isHttp ? JSON_HTTP : []), ...JSON_END];
  section.add('log-format', `{"at":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]",${fields.join(',')}}`);
  report.approximated(place, 'JSON with the most important fields under the same names.');
}
