import { afterEach, expect, test, vi } from 'vitest';
import { findNativeTls } from '../../../src/upstream/native-tls.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What `process.binding` is typed without. */
interface WithBinding {
  binding(name: string): object;
}

test('this Node has the handles', () => {
  expect(findNativeTls()).toMatchObject({
    wrap: expect.any(Function),
    owner: expect.any(Symbol),
    state: expect.any(Int32Array),
  });
});

test('a version that nobody has tried is not asked', () => {
  const binding = vi.spyOn(process as unknown as WithBinding, 'binding');
  expect(findNativeTls('28.0.0')).toBeUndefined();
  expect(binding).not.toHaveBeenCalled();
});

test.each(['tcp_wrap', 'tls_wrap'])('without %s there is nothing', (missing) => {
  const process_ = process as unknown as WithBinding;
  const { binding } = process_;
  vi.spyOn(process_, 'binding').mockImplementation((name) =>
    name === missing ? {} : binding.call(process, name),
  );
  expect(findNativeTls()).toBeUndefined();
});

test('a handle without one of its methods is not used', () => {
  const process_ = process as unknown as WithBinding;
  const { binding } = process_;
  vi.spyOn(process_, 'binding').mockImplementation((name) => {
    const found = binding.call(process, name);
    return name === 'tls_wrap' ? { ...found, TLSWrap: { prototype: {} } } : found;
  });
  expect(findNativeTls()).toBeUndefined();
});

test.each(['--tls-keylog=keys.txt', '--trace-tls'])(
  "who asks Node for %s gets Node's own sockets, which heed it",
  (option) => {
    vi.stubEnv('NODE_OPTIONS', option);
    expect(findNativeTls()).toBeUndefined();
  },
);
