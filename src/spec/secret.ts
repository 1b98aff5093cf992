// Secrets: a spec names the environment variable, never the secret itself.
import process from 'node:process';
import type { SpecNode } from './spec-node.js';
import { show } from './wording.js';

/** The secret in an environment variable; undefined = it is not set, or empty. */
export function readSecret(variable: string): string | undefined {
  const value = process.env[variable];
  return value === '' ? undefined : value;
}

/** Reports a variable that is not set. */
export function checkSecret(node: SpecNode): void {
  if (node.text === undefined || readSecret(node.text) !== undefined) return;
  node.fault(`the environment variable ${show(node.text)} is not set, or empty`);
}
