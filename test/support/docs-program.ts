// Programs in pages of docs/: run as they stand there, and held to what their comments promise.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { vi } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The code blocks of a page in that language, in their order. @param page - `docs/pools.md` */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const fence = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g');
  return [...text.matchAll(fence)].map((match) => match[1] ?? '');
}

/**
 * Runs a program that imports from 'evenkeel' and its subpaths.
 * @returns what it logged, and the comments at the ends of its lines, which promise the same
 */
export async function runProgram(
  program: string,
): Promise<{ logged: string[]; promised: string[] }> {
  const promised = [...program.matchAll(/^(?!import )[^\n]*; \/\/ (.*)$/gm)].map(
    (match) => match[1] ?? '',
  );
  const folder = mkdtempSync(path.join(ROOT, 'node_modules/.docs-'));
  const file = path.join(folder, 'program.ts');
  const local = program.replaceAll(/'evenkeel(\/[a-z]+)?'/g, (_, subpath: string | undefined) =>
    JSON.stringify(path.join(ROOT, 'src', subpath ?? '', 'index.ts')),
  );
  writeFileSync(file, local);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import(file);
    return { logged: log.mock.calls.map((words) => words.join(' ')), promised };
  } finally {
    log.mockRestore();
    rmSync(folder, { recursive: true });
  }
}
