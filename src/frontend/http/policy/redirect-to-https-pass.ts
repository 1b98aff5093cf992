// Sends every request of an http frontend to the same address over https.
import type { Pass, PolicyAnswer } from './policy.js';
import type { RequestView } from './request-view.js';

/** 308 keeps method and body (RFC 9110 15.4.9), and may be remembered. */
export class RedirectToHttpsPass implements Pass {
  readonly name = 'redirect-to-https';
  /** `:8443`; '' for the port that https has anyway. */
  readonly #port: string;

  /** @param port - where https is served */
  constructor(port: number) {
    this.#port = port === 443 ? '' : `:${port}`;
  }

  judge(request: RequestView): PolicyAnswer {
    const { target } = request;
    // `*` of OPTIONS and the authority of CONNECT are no paths.
    const path = target.startsWith('/') ? target : '/';
    const location = `https://${hostOf(request)}${this.#port}${path}`;
    return { status: 308, lines: `Location: ${location}\r\n`, reason: 'redirect to https' };
  }
}

/** The parser let only valid hosts pass. A client of HTTP/1.0 that names none gets the address it came to. */
function hostOf({ host, client }: RequestView): string {
  if (host !== '') return host;
  const { destination } = client;
  return destination.includes(':') ? `[${destination}]` : destination;
}
