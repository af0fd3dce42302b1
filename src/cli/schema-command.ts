import type { ExitCode } from '../explore/exit-code.ts';
import { catalogueWith } from '../host/catalogue.ts';
import { StandardOutput } from '../host/output.ts';
import { scenarioJsonSchema } from '../scenario/file/json-schema.ts';

/** `schema`: the shape of scenario files as JSON Schema, for editors. */
export async function schemaCommand(): Promise<ExitCode> {
  const output = new StandardOutput(process.stdout);
  output.write(`${JSON.stringify(scenarioJsonSchema(catalogueWith()), null, 2)}\n`);
  await output.flush();
  return 0;
}
