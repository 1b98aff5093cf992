// The path that members see in the place of the one that came.
import { Regex, Replacement } from '../core/regex.js';
import type { RewritePathConfig } from '../spec/config.js';
import { withoutEndingSlash } from './path-table.js';

/** One rule of a route, compiled. The query is left alone. */
export class PathRewrite {
  readonly #prefix: string;
  /** What stands for the prefix, without its slash at the end. */
  readonly #to: string;
  /** What a path becomes that is nothing but the prefix. */
  readonly #bare: string;
  readonly #regex: Regex | undefined;
  readonly #replacement: Replacement | undefined;

  constructor(config: RewritePathConfig) {
    const isPattern = 'regex' in config;
    this.#prefix = isPattern ? '' : withoutEndingSlash(config.prefix);
    this.#to = withoutEndingSlash(config.to);
    this.#bare = config.to;
    this.#regex = isPattern ? new Regex(config.regex) : undefined;
    this.#replacement = isPattern ? new Replacement(config.to) : undefined;
  }

  /** `target` (path and query) as members see it; '' = as it is. */
  apply(target: string): string {
    if (target.charCodeAt(0) !== 47) return '';
    const query = target.indexOf('?');
    const path = query < 0 ? target : target.slice(0, query);
    const written = this.#regex === undefined ? this.#byPrefix(path) : this.#byPattern(path);
    if (written === undefined) return '';
    return query < 0 ? written : written + target.slice(query);
  }

  #byPrefix(path: string): string | undefined {
    const prefix = this.#prefix;
    if (!path.startsWith(prefix)) return undefined;
    if (path.length === prefix.length) return this.#bare;
    return path.charCodeAt(prefix.length) === 47 ? this.#to + path.slice(prefix.length) : undefined;
  }

  #byPattern(path: string): string | undefined {
    const written = this.#regex?.replaceFirst(path, this.#replacement!);
    if (written === undefined) return undefined;
    return written.charCodeAt(0) === 47 ? written : `/${written}`;
  }
}
