// Rules of TLS: where it may stand, and what goes with what.
import type { SpecNode } from './spec-node.js';

/** Reports what is wrong with the TLS of a frontend, or with its absence. */
export function checkTls(frontend: SpecNode, protocol: string | undefined): void {
  const tls = frontend.get('tls');
  if (!tls.isPresent) {
    if (protocol === 'https') tls.fault('is missing; protocol https needs tls');
    return;
  }
  if (protocol === 'http' || protocol === 'udp') {
    tls.fault(`tls is for https and tcp, not ${protocol}`);
    return;
  }
  if (!tls.isObject) return;
  checkCertificates(tls);
  checkClientAuth(tls.get('clientAuth'));
}

function checkCertificates(tls: SpecNode): void {
  const certificates = tls.get('certificates');
  const isSelfSigned = tls.get('selfSigned').value === true;
  if (certificates.isPresent && isSelfSigned) {
    tls.get('selfSigned').fault('selfSigned makes a certificate; leave certificates out');
  }
  if (!certificates.isPresent && !isSelfSigned && !tls.get('acme').isPresent) {
    tls.fault('expected certificates or selfSigned');
  }
}

function checkClientAuth(clientAuth: SpecNode): void {
  const mode = clientAuth.get('mode').text;
  const ca = clientAuth.get('ca');
  if ((mode === 'request' || mode === 'require') && !ca.isPresent) {
    ca.fault(`is missing; mode ${mode} needs the authorities of the clients`);
  }
}
