// Small specs for the tests of the spec room.
// oxlint-disable typescript/no-unsafe-type-assertion -- faulty specs have no type
import { renderIssue } from '../../../src/core/errors.js';
import { checkSpec, type ParseOptions } from '../../../src/spec/parse.js';

type Fields = Readonly<Record<string, unknown>>;

/** An http frontend with a few fields changed. */
export function frontend(fields: Fields = {}): Fields {
  return { name: 'public', protocol: 'http', bind: [':80'], pool: 'web', ...fields };
}

/** A pool of one member with a few fields changed. */
export function pool(fields: Fields = {}): Fields {
  return { name: 'web', members: ['10.0.0.1:8080'], ...fields };
}

/** A whole spec with a few fields changed. */
export function spec(fields: Fields = {}): Fields {
  return { name: 'lb', frontends: [frontend()], pools: [pool()], ...fields };
}

/** A spec of one frontend. */
export function withFrontend(fields: unknown): Fields {
  return spec({ frontends: [frontend(fields as Fields)] });
}

/** A spec whose pool differs. */
export function withPool(fields: unknown): Fields {
  return spec({ pools: [pool(fields as Fields)] });
}

/** A spec with one shared monitor. */
export function withMonitor(fields: unknown): Fields {
  return spec({ monitors: [{ name: 'main', ...(fields as Fields) }] });
}

/** Every issue as a person reads it. */
export function faults(input: unknown, options?: ParseOptions): readonly string[] {
  return checkSpec(input, options).issues.map(renderIssue);
}

/** `CODE path`, for tests that are about what is refused. */
export function codes(input: unknown, options?: ParseOptions): readonly string[] {
  return checkSpec(input, options).issues.map(({ code, path }) => `${code} ${path}`);
}
