// Empties dist before a build: the builds run side by side, so none of them may do it.
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
