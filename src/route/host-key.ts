// Names of hosts in the one form in which they are compared.

/** Longer texts are no names of hosts. */
const LONGEST_HOST = 255;

/** `App.Example.com.` -> `app.example.com`; IPv6 in brackets, as it stands in a Host. */
export function canonicalHost(host: string): string {
  const name = hostKey(host.toLowerCase());
  return name.includes(':') ? `[${name}]` : name;
}

/** The dot of the root is nothing; what is too long is no host. */
export function hostKey(host: string): string {
  if (host.length > LONGEST_HOST) return '';
  return host.charCodeAt(host.length - 1) === 46 ? host.slice(0, -1) : host;
}
