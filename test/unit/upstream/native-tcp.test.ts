import { afterEach, expect, test, vi } from 'vitest';
import { findNativeTcp } from '../../../src/upstream/native-tcp.js';

afterEach(() => vi.restoreAllMocks());

test('this Node has the handles', () => {
  expect(findNativeTcp()).toMatchObject({ SOCKET: 0, state: expect.any(Int32Array) });
});

test('a version that nobody has tried is not asked', () => {
  const binding = vi.spyOn(process as never, 'binding');
  expect(findNativeTcp('28.0.0')).toBeUndefined();
  expect(findNativeTcp('18.20.0')).toBeUndefined();
  expect(binding).not.toHaveBeenCalled();
});

test.each(['tcp_wrap', 'stream_wrap'])('without %s there is nothing', (missing) => {
  const process_ = process as unknown as { binding: (name: string) => object };
  const { binding } = process_;
  vi.spyOn(process_, 'binding').mockImplementation((name) =>
    name === missing ? {} : binding.call(process, name),
  );
  expect(findNativeTcp()).toBeUndefined();
});

test('where Node refuses there is nothing', () => {
  vi.spyOn(process as unknown as { binding: () => never }, 'binding').mockImplementation(() => {
    throw new Error('Access to this API has been restricted');
  });
  expect(findNativeTcp()).toBeUndefined();
});
