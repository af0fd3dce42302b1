import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RunRequest } from '../run/request.ts';
import { HostError, messageOf } from './problem.ts';

/** A protocol module, by the only name under which this layer knows it. */
export type LoadedProtocol = NonNullable<RunRequest['module']>;

/**
 * Imports a user's protocol: the default export of a module, or its export `protocol`. This executes code of his, which
 * is why only the command line can name it, never a scenario file.
 */
export async function loadProtocol(path: string): Promise<LoadedProtocol> {
  let exported: Record<string, unknown>;
  try {
    exported = await importOrGiveUp(pathToFileURL(resolve(path)).href);
  } catch (error) {
    const hint = error instanceof SyntaxError ? `node --check ${path} shows where` : null;
    throw new HostError(64, `cannot load the protocol ${path}: ${messageOf(error)}`, hint);
  }
  const candidate = exported['default'] ?? exported['protocol'];
  const missing = missingPart(candidate);
  if (missing === null) return candidate as LoadedProtocol;
  throw new HostError(64, `${path} is no protocol: ${missing}`, 'export a ProtocolModule as default or as `protocol`');
}

/** A module that awaits what never comes would else end the process with Node's own code 13, and without a word. */
async function importOrGiveUp(url: string): Promise<Record<string, unknown>> {
  let giveUp = (): void => undefined;
  const never = new Promise<never>((_, reject) => {
    giveUp = (): void => { reject(new Error('it waits at its top level for something that never comes')); };
  });
  process.once('beforeExit', giveUp);
  try {
    return await Promise.race([import(url) as Promise<Record<string, unknown>>, never]);
  } finally {
    process.removeListener('beforeExit', giveUp);
  }
}

const parts: readonly (readonly [name: keyof LoadedProtocol, type: 'string' | 'object' | 'function'])[] = [
  ['name', 'string'], ['options', 'object'], ['create', 'function'], ['client', 'object'], ['view', 'function'],
  ['events', 'object'], ['invariants', 'object'], ['variants', 'object'], ['assumptions', 'object'],
  ['progressBudgetUs', 'function'],
];

/** Said here, because a part that is missing would else be an error deep inside of each run. */
function missingPart(candidate: unknown): string | null {
  if (typeof candidate !== 'object' || candidate === null) return 'it exports neither a default nor `protocol`';
  const fields = candidate as Record<string, unknown>;
  const missing = parts.find(([name, type]) => typeof fields[name] !== type || fields[name] === null);
  return missing === undefined ? null : `\`${missing[0]}\` is not of type ${missing[1]}`;
}
