import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
}

/** The version of this package. */
export function toolVersion(): string {
  return manifest().version;
}

/** Which Node this package is for: `>=20.19`. */
export function supportedNode(): string {
  return manifest().engines.node;
}

/** The `package.json` nearest above this file: built files lie deeper than sources. */
function manifest(): Manifest {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
