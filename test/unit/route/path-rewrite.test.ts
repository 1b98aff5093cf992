// What members see in the place of a path.
import { describe, expect, test } from 'vitest';
import { PathRewrite } from '../../../src/route/path-rewrite.js';
import type { RewritePathConfig } from '../../../src/spec/config.js';

describe('PathRewrite', () => {
  test.each<readonly [config: RewritePathConfig, target: string, seen: string]>([
    [{ prefix: '/split/', to: '/' }, '/split/a', '/a'],
    [{ prefix: '/split/', to: '/' }, '/split/', '/'],
    [{ prefix: '/split/', to: '/' }, '/split', '/'],
    [{ prefix: '/split', to: '/' }, '/split/a?b=/split', '/a?b=/split'],
    [{ prefix: '/split', to: '/' }, '/split?b', '/?b'],
    [{ prefix: '/split', to: '/' }, '/splitter', ''],
    [{ prefix: '/split', to: '/' }, '/a/split', ''],
    [{ prefix: '/a', to: '/b/c' }, '/a/x', '/b/c/x'],
    [{ prefix: '/a', to: '/b/c/' }, '/a/x', '/b/c/x'],
    [{ prefix: '/a', to: '/b/c/' }, '/a', '/b/c/'],
    [{ prefix: '/a', to: '/b/c' }, '/a/', '/b/c/'],
    [{ prefix: '/', to: '/api' }, '/x', '/api/x'],
    [{ prefix: '/', to: '/api' }, '/', '/api/'],
    [{ prefix: '/a', to: '/' }, '*', ''],
    [{ regex: '^/v[0-9]+/', to: '/' }, '/v12/a/v1/', '/a/v1/'],
    [{ regex: '^/([a-z]+)/([a-z]+)$', to: '/$2/$1' }, '/a/b?c', '/b/a?c'],
    [{ regex: '\\.php$', to: '' }, '/a.php', '/a'],
    [{ regex: '^/a/', to: '' }, '/a/b', '/b'],
    [{ regex: '.*', to: '' }, '/a', '/'],
    [{ regex: 'b', to: '$$' }, '/abb', '/a$b'],
    [{ regex: 'x', to: 'y' }, '/a', ''],
    [{ regex: '^', to: '/pre' }, '*', ''],
  ])('%j makes of %s: "%s"', (config, target, seen) => {
    expect(new PathRewrite(config).apply(target)).toBe(seen);
  });
});
