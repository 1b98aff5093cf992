import { expect, test } from 'vitest';
import { emitHaproxy } from '../../../src/haproxy/emit-haproxy.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';

const SPEC: BalancerSpec = {
  frontends: [
    {
      name: 'web',
      protocol: 'http',
      bind: ['127.0.0.1:8080', ':8443', '[2001:db8::1]:8081', '0.0.0.0:8082'],
      pool: 'web',
    },
    { name: 'dns', protocol: 'udp', bind: '127.0.0.1:8405', pool: 'web' },
  ],
  pools: [{ name: 'web', members: ['127.0.0.1:9001'], health: 'none' }],
};

function exporterOf(prometheus?: string): string {
  const { files } = emitHaproxy(SPEC, prometheus === undefined ? {} : { prometheus });
  const text = String(files.find(({ path }) => path === 'haproxy.cfg')?.content);
  return text.split(/\n(?=\w)/).find((section) => section.includes('prometheus')) ?? '';
}

test('there is none unless somebody asks', () => {
  expect(exporterOf()).toBe('');
});

test('it has an address of its own and answers nothing but /metrics', () => {
  expect(
    exporterOf('127.0.0.1:8405')
      .trim()
      .split('\n')
      .map((line) => line.trim()),
  ).toEqual([
    'frontend evenkeel.prometheus',
    'bind 127.0.0.1:8405',
    'mode http',
    'http-request use-service prometheus-exporter if { path /metrics }',
    'http-request deny deny_status 404',
  ]);
});

test.each([
  ['[::1]:8405', ['bind ::1:8405 v6only']],
  [':8405', ['bind :8405', 'bind :::8405 v6only']],
  ['localhost:8405', ['bind 127.0.0.1:8405']],
])('%s', (address, binds) => {
  const lines = exporterOf(address)
    .split('\n')
    .map((line) => line.trim());
  expect(lines.filter((line) => line.startsWith('bind'))).toEqual(binds);
});

test.each(['8405', '127.0.0.1', '127.0.0.1:0', 'metrics.test:8405', '127.0.0.1:8405\nbind :1', ''])(
  '%j is no address',
  (address) => {
    expect(() => exporterOf(address)).toThrow(
      expect.objectContaining({
        code: 'EK_ADDRESS',
        message: `prometheus: "${address}" is no IP address and port, such as 127.0.0.1:8405`,
      }),
    );
  },
);

test.each([
  '127.0.0.1:8080',
  ':8080',
  '127.0.0.1:8443',
  '[::1]:8443',
  'localhost:8080',
  '0.0.0.0:8080',
  '[2001:DB8:0::1]:8081',
  '[::]:8081',
  '127.0.0.1:8082',
])('%s is where a frontend is', (address) => {
  expect(() => exporterOf(address)).toThrow(
    expect.objectContaining({
      code: 'EK_ADDRESS',
      message: `prometheus: frontend "web" is at ${address} already`,
    }),
  );
});
