import { describe, expect, test } from 'vitest';
import { parseOsRelease, planInstall } from '../../../../src/haproxy/process/install-plan.js';

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
const MINT = 'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n';
const ROCKY =
  'NAME=\'Rocky Linux\'\nPRETTY_NAME="Rocky Linux 9.4"\nID="rocky"\nID_LIKE="rhel centos fedora"\n';
const ODD = 'ID=plan9\n';

describe('planInstall', () => {
  const host = { isRoot: true, installed: undefined };

  test('does nothing where HAProxy is', () => {
    expect(planInstall({ ...host, osRelease: DEBIAN, installed: '2.6.12' })).toEqual({
      kind: 'present',
      version: '2.6.12',
    });
  });

  test.each([DEBIAN, MINT])('runs apt-get as root on Debian and what is like it', (osRelease) => {
    expect(planInstall({ ...host, osRelease })).toEqual({
      kind: 'run',
      commands: [
        ['apt-get', 'update'],
        ['apt-get', 'install', '--yes', '--no-install-recommends', 'haproxy'],
      ],
    });
  });

  test('tells everybody else on Debian what to type, as an error', () => {
    expect(planInstall({ ...host, osRelease: DEBIAN, isRoot: false })).toMatchObject({
      kind: 'tell',
      command: 'sudo apt-get update && sudo apt-get install --no-install-recommends haproxy',
      isError: true,
    });
  });

  test.each([
    [true, 'dnf install haproxy'],
    [false, 'sudo dnf install haproxy'],
  ])('tells the command on what is like RHEL (root: %s)', (isRoot, command) => {
    expect(planInstall({ ...host, osRelease: ROCKY, isRoot })).toEqual({
      kind: 'tell',
      command,
      reason: 'on Rocky Linux 9.4 it is installed by hand',
      isError: false,
    });
  });

  test('is clear about systems that it does not know', () => {
    expect(planInstall({ ...host, osRelease: ODD })).toMatchObject({
      kind: 'tell',
      reason: 'evenkeel does not know how plan9 installs packages',
      isError: true,
    });
    expect(planInstall({ ...host, osRelease: undefined })).toMatchObject({
      reason: 'this system does not say what it is (/etc/os-release)',
      isError: true,
    });
  });
});

test('parseOsRelease takes quotes and escapes off, and passes over what is no assignment', () => {
  const text = 'A=plain\nB="two \\"words\\""\nC=\'x y\'\n# D=no\nnonsense\nE=\n';
  expect(Object.fromEntries(parseOsRelease(text))).toEqual({
    A: 'plain',
    B: 'two "words"',
    C: 'x y',
    E: '',
  });
});
