// `evenkeel schema`: the JSON Schema of a spec, for editors and other tools.
import type { Command } from 'commander';
import { jsonSchema } from '../spec/json-schema.js';

/** Adds the command to the program. */
export function addSchemaCommand(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of a spec')
    .action(() => {
      process.stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
    });
}
