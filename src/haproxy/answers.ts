// The balancer's own answers: the bodies of HAProxy's errors, and those of rules.

import { reasonOf } from '../frontend/http/answers.js';
import { type Page, readPage } from '../frontend/http/page.js';
import type { FrontendConfig } from '../spec/config.js';
import { Section } from './config-file.js';
import type { Emission } from './emission.js';
import type { GlobalNeeds } from './global.js';

/** Statuses that HAProxy 2.6 lets one replace (manual, 4.2 "errorfile"). */
const REPLACEABLE: readonly number[] = [
  400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504,
];

/** Longest body that is put into HAProxy's buffers. */
export const LONGEST_BODY = 65_536;

/** An answer whose body is known. */
export interface FixedAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly type: string;
}

/** The answers of one http frontend. */
export class Answers {
  readonly #emission: Emission;
  readonly #name: string;
  readonly #pages: ReadonlyMap<number, Page>;

  /** @throws EvenkeelError EK_FILE when a page can't be read */
  constructor(emission: Emission, needs: GlobalNeeds, frontend: FrontendConfig, path: string) {
    this.#emission = emission;
    this.#name = frontend.name;
    this.#pages = readPages(emission, frontend, path);
    for (const { body } of this.#pages.values()) needs.body(body.length);
  }

  /** Name of the section of error files: its own if it has pages, with a dot that no frontend's name has; else the one that all share. */
  get sectionName(): string {
    return this.#pages.size === 0 ? SHARED : `${this.#name}.pages`;
  }

  /** The section of error files, written for every status that HAProxy may answer by itself. */
  section(): Section {
    const section = new Section('http-errors', this.sectionName);
    for (const status of REPLACEABLE) {
      const { body, type } = this.#page(status);
      const head =
        `HTTP/1.1 ${status} ${reasonOf(status)}\r\n` +
        `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
      const file = `errors/${this.sectionName}-${status}.http`;
      this.#emission.files.add(file, Buffer.from(head + body, 'latin1'));
      section.add('errorfile', status, file);
    }
    return section;
  }

  /** The words of a rule that answers. @param headers - name and format in turn */
  answer(status: number, headers: readonly (readonly [string, string])[] = []): readonly string[] {
    if (headers.length === 0 && REPLACEABLE.includes(status))
      return ['deny', 'deny_status', `${status}`];
    const { body, type } = this.#page(status);
    const answer = { status, body: Buffer.from(body, 'latin1'), type };
    return this.#return(`${this.sectionName}-${status}`, answer, headers);
  }

  /** The words of a rule that gives a fixed answer. @param label - tells its file apart from others of the frontend: `[a-z0-9-]` */
  fixed(
    label: string,
    answer: FixedAnswer,
    headers: readonly (readonly [string, string])[] = [],
  ): readonly string[] {
    return this.#return(`${this.#name}-${label}`, answer, headers);
  }

  #return(
    name: string,
    { status, body, type }: FixedAnswer,
    headers: readonly (readonly [string, string])[],
  ): readonly string[] {
    const lines = headers.flatMap(([name, format]) => ['hdr', name, format]);
    if (body.length === 0 || status === 204 || status === 304)
      return ['return', 'status', `${status}`, ...lines];
    const file = this.#emission.files.add(`answers/${name}.body`, body);
    return ['return', 'status', `${status}`, 'content-type', type, 'file', file, ...lines];
  }

  #page(status: number): Page {
    return this.#pages.get(status) ?? plainPage(status);
  }
}

const SHARED = 'evenkeel';

function plainPage(status: number): Page {
  return { body: `${status} ${reasonOf(status)}\n`, type: 'text/plain; charset=utf-8' };
}

function readPages(
  { report }: Emission,
  { errorPages = {} }: FrontendConfig,
  path: string,
): ReadonlyMap<number, Page> {
  const pages = new Map<number, Page>();
  for (const [status, file] of Object.entries(errorPages)) {
    const place = `${path}.errorPages.${status}`;
    const page = readPage(file, `${path}.errorPages["${status}"]`);
    if (page.body.length > LONGEST_BODY) {
      report.refused(place, `HAProxy answers from one buffer: at most ${LONGEST_BODY} bytes.`);
    } else if (REPLACEABLE.includes(Number(status))) {
      report.exact(place, 'An error file with its own head.');
      pages.set(Number(status), page);
    } else {
      report.approximated(place, 'Only where a rule answers so: HAProxy never does by itself.');
      pages.set(Number(status), page);
    }
  }
  return pages;
}
