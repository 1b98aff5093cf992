// Writes the JSON Schema of the spec next to the built library: dist/BalancerSpec.json. Runs after tsup.
import { writeFileSync } from 'node:fs';
import { jsonSchema } from '../dist/index.js';

const target = new URL('../dist/BalancerSpec.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(jsonSchema(), null, 2)}\n`);
