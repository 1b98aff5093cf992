// Commands of the Runtime API as text: names and values are escaped, so that none can become a second command.

/**
 * A word of a command line: white space, `;`, `\` and `<` stand behind a backslash.
 * @throws TypeError for control characters, which no escape carries
 */
export function word(text: string): string {
  if (text === '' || /\p{Cc}/u.test(text))
    throw new TypeError(`not a word of a command: ${JSON.stringify(text)}`);
  return text.replace(/[\\;\s<]/g, '\\$&');
}

/** A server of a backend, by HAProxy's names. */
export interface ServerName {
  readonly backend: string;
  readonly server: string;
}

function place({ backend, server }: ServerName): string {
  return `${word(backend)}/${word(server)}`;
}

/** Operator's states, in HAProxy's words. */
export type RuntimeState = 'ready' | 'drain' | 'maint';

/** `set server b/s1 state drain`; an empty answer is done. */
export function setState(name: ServerName, state: RuntimeState): string {
  return `set server ${place(name)} state ${state}`;
}

/** `set server b/s1 weight 5`, or in percent of the configured one; algorithms that are not dynamic take 0% and 100% only. */
export function setWeight(name: ServerName, weight: number | `${number}%`): string {
  return `set server ${place(name)} weight ${weight}`;
}

/** `set server b/s1 addr 10.0.0.9 port 8080`; answers with a sentence. */
export function setAddress(name: ServerName, host: string, port: number): string {
  return `set server ${place(name)} addr ${word(host)} port ${port}`;
}

/** `set maxconn server b/s1 5`. */
export function setMaxConnections(name: ServerName, count: number): string {
  return `set maxconn server ${place(name)} ${count}`;
}

/**
 * `add server b/s3 10.0.0.9:80 check inter 2s`: it starts in maintenance, with its checks off.
 * @param words - keywords as the configuration has them, each one a word
 */
export function addServer(name: ServerName, address: string, words: readonly string[]): string {
  return ['add server', place(name), word(address), ...words.map(word)].join(' ');
}

/** `del server b/s3`: refused until it is in maintenance and has no connection left. */
export function deleteServer(name: ServerName): string {
  return `del server ${place(name)}`;
}

/** `enable health b/s3`: begins the checks of a server that was added. */
export function enableHealth(name: ServerName): string {
  return `enable health ${place(name)}`;
}

/** `shutdown sessions server b/s3`: cuts what it still serves. */
export function shutdownSessions(name: ServerName): string {
  return `shutdown sessions server ${place(name)}`;
}

/** `set map FILE KEY VALUE`, for an entry that is there. */
export function setMapEntry(file: string, key: string, value: string): string {
  return `set map ${word(file)} ${word(key)} ${word(value)}`;
}

/** `add map FILE KEY VALUE`. */
export function addMapEntry(file: string, key: string, value: string): string {
  return `add map ${word(file)} ${word(key)} ${word(value)}`;
}

/** `del map FILE KEY`. */
export function deleteMapEntry(file: string, key: string): string {
  return `del map ${word(file)} ${word(key)}`;
}

/** `set ssl cert FILE`, with the bundle as payload: nothing changes until it is committed. */
export function setCertificate(file: string): string {
  return `set ssl cert ${word(file)}`;
}

/** `commit ssl cert FILE`: new handshakes see it from now on. */
export function commitCertificate(file: string): string {
  return `commit ssl cert ${word(file)}`;
}

/** `abort ssl cert FILE`: forgets what was set and not committed. */
export function abortCertificate(file: string): string {
  return `abort ssl cert ${word(file)}`;
}
