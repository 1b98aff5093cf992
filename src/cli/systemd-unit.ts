// A systemd service for `evenkeel run`: hardened, reloaded by SIGHUP, stopped by a drain.

/** What the service runs. */
export interface UnitOptions {
  /** Absolute path of the spec. */
  readonly spec: string;
  /** Programs and arguments that are `evenkeel`: absolute paths. */
  readonly evenkeel: readonly string[];
  /** `web`: part of the names of folders. */
  readonly name: string;
  readonly engine: 'in-process' | 'haproxy';
  /** An existing user. @defaultValue one that systemd makes for the service (DynamicUser) */
  readonly user?: string;
  /** Address of HAProxy's Prometheus exporter. @defaultValue none */
  readonly prometheus?: string;
  readonly allowExec: boolean;
  /** Longest drain, ms. */
  readonly drainMs: number;
  /** Whether a pair moves an address of this machine (`ha.address.interface`). */
  readonly movesAddress: boolean;
}

/** Time between the end of a drain and the moment when systemd kills, s. */
const GRACE_S = 10;

/** Whom systemd ends. A crash of evenkeel is no reason to end a HAProxy that serves: the evenkeel of the restart takes it over. */
const KILL = {
  'in-process': '# SIGTERM drains; what is left is killed.\nKillMode=mixed',
  haproxy:
    '# SIGTERM drains, and evenkeel ends its HAProxy. If evenkeel itself dies, HAProxy serves on, and the restart takes it over.\nKillMode=process',
} as const;

/** The text of `evenkeel-NAME.service`. */
export function renderUnit(options: UnitOptions): string {
  const { spec, evenkeel, name, engine, user, allowExec, drainMs, movesAddress, prometheus } =
    options;
  const flags = allowExec ? ['--allow-exec'] : [];
  const folder = `evenkeel/${name}`;
  const run = [...evenkeel, 'run', spec, '--json', ...flags];
  if (engine === 'haproxy') run.push('--engine', 'haproxy', '--directory', `/var/lib/${folder}`);
  if (prometheus !== undefined) run.push('--prometheus', prometheus);
  const capabilities = [
    'CAP_NET_BIND_SERVICE',
    ...(movesAddress ? ['CAP_NET_ADMIN', 'CAP_NET_RAW'] : []),
  ];
  const families = [
    'AF_INET',
    'AF_INET6',
    'AF_UNIX',
    'AF_NETLINK',
    ...(movesAddress ? ['AF_PACKET'] : []),
  ];
  return `[Unit]
Description=evenkeel ${name}
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
${user === undefined ? 'DynamicUser=yes' : `User=${user}`}
# Secrets that the spec takes from the environment.
EnvironmentFile=-/etc/evenkeel/${name}.env
ExecStartPre=${renderCommand([...evenkeel, 'check', spec, ...flags])}
ExecStart=${renderCommand(run)}
ExecReload=/bin/kill -HUP $MAINPID
${KILL[engine]}
TimeoutStopSec=${Math.ceil(drainMs / 1000) + GRACE_S}
Restart=on-failure
RestartSec=1
# A faulty spec (1) or command (2) is no better the next time.
RestartPreventExitStatus=1 2
LimitNOFILE=131072
StateDirectory=${folder}
UMask=0077

# What it may do: open sockets, low ports too${movesAddress ? ', and move the address of the pair' : ''}.
AmbientCapabilities=${capabilities.join(' ')}
CapabilityBoundingSet=${capabilities.join(' ')}
NoNewPrivileges=yes
RestrictAddressFamilies=${families.join(' ')}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
# Not MemoryDenyWriteExecute: Node.js compiles while it runs.

[Install]
WantedBy=multi-user.target
`;
}

/** Words of a command line (systemd.service(5), "COMMAND LINES"): no variable, no specifier, no blank that splits. */
function renderCommand(words: readonly string[]): string {
  return words
    .map((word) => {
      const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
      return /^[\w@%+=:,./$-]+$/.test(escaped)
        ? escaped
        : `"${escaped.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
    })
    .join(' ');
}
