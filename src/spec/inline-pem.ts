// PEM in the place of a path: certificates and keys may stand in the spec itself.

/** Whether a text is PEM rather than the path of a file: it has a `-----BEGIN` line. */
export function isInlinePem(text: string): boolean {
  return text.includes('-----BEGIN');
}

/** A path made absolute by `resolvePath`; a PEM text as it is. */
export function resolvePem(text: string, resolvePath: (path: string) => string): string {
  return isInlinePem(text) ? text : resolvePath(text);
}
