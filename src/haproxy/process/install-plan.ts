// How HAProxy gets onto this machine: read from /etc/os-release, run by apt-get after a question, or told.

/** The machine, as far as an installation is concerned. */
export interface InstallHost {
  /** Text of /etc/os-release; undefined if there is none. */
  readonly osRelease: string | undefined;
  /** Whether programs may be installed. */
  readonly isRoot: boolean;
  /** `2.6.12` if HAProxy is there already. */
  readonly installed: string | undefined;
}

/** What to do. */
export type InstallPlan =
  | { readonly kind: 'present'; readonly version: string }
  /** Programs with their arguments, one after the other, as root. */
  | { readonly kind: 'run'; readonly commands: readonly (readonly string[])[] }
  /** For people to type. */
  | {
      readonly kind: 'tell';
      readonly command: string;
      readonly reason: string;
      readonly isError: boolean;
    };

const APT: readonly (readonly string[])[] = [
  ['apt-get', 'update'],
  ['apt-get', 'install', '--yes', '--no-install-recommends', 'haproxy'],
];

/** Commands of families whose packages are installed by their people themselves, by the names in ID and ID_LIKE. */
const TOLD: readonly (readonly [string, string])[] = [
  ['rhel', 'dnf install haproxy'],
  ['fedora', 'dnf install haproxy'],
  ['centos', 'dnf install haproxy'],
  ['suse', 'zypper install haproxy'],
  ['opensuse', 'zypper install haproxy'],
  ['alpine', 'apk add haproxy'],
  ['arch', 'pacman -S haproxy'],
];

/** Decides from facts alone. */
export function planInstall({ osRelease, isRoot, installed }: InstallHost): InstallPlan {
  if (installed !== undefined) return { kind: 'present', version: installed };
  const release = parseOsRelease(osRelease ?? '');
  const families = `${release.get('ID') ?? ''} ${release.get('ID_LIKE') ?? ''}`.trim().split(/\s+/);
  const name = release.get('PRETTY_NAME') ?? release.get('ID');
  if (families.includes('debian') || families.includes('ubuntu')) {
    if (isRoot) return { kind: 'run', commands: APT };
    return {
      kind: 'tell',
      command: 'sudo apt-get update && sudo apt-get install --no-install-recommends haproxy',
      reason: 'only root may install packages',
      isError: true,
    };
  }
  const [, command] = TOLD.find(([family]) => families.includes(family)) ?? [];
  if (command !== undefined)
    return {
      kind: 'tell',
      command: isRoot ? command : `sudo ${command}`,
      reason: `on ${name ?? 'this system'} it is installed by hand`,
      isError: false,
    };
  return {
    kind: 'tell',
    command:
      'install the package "haproxy", version 2.6 or newer, or name a program: evenkeel run --haproxy PROGRAM',
    reason:
      name === undefined
        ? 'this system does not say what it is (/etc/os-release)'
        : `evenkeel does not know how ${name} installs packages`,
    isError: true,
  };
}

/** `NAME="Debian GNU/Linux"` -> its value (os-release(5)); lines that are none are passed over. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, quoted, single, plain] =
      /^([A-Z][A-Z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']*))\s*$/.exec(line.trim()) ?? [];
    if (key === undefined) continue;
    values.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? single ?? plain ?? '');
  }
  return values;
}
