import type { ExitCode } from '../explore/exit-code.ts';
import { shellQuoted } from '../explore/replay.ts';
import { isThere, writeAtomically } from '../host/files.ts';
import { StandardOutput } from '../host/output.ts';
import { HostError } from '../host/problem.ts';
import { initFiles } from './init-files.ts';

/** Options of `init`, as commander hands them over. */
export interface InitOptions {
  readonly force?: true;
}

/** `init`: a first scenario, and what surrounds it. Writes everything or, where something is in the way, nothing. */
export async function initCommand(folder: string, options: InitOptions): Promise<ExitCode> {
  const base = folder.replace(/(?<=.)[\\/]+$/, '');
  const files = initFiles().map(({ path, text }) => ({ path: base === '.' ? path : `${base}/${path}`, text }));
  const inTheWay = files.map(({ path }) => path).filter(isThere);
  if (inTheWay.length > 0 && options.force !== true) {
    throw new HostError(74, `nothing was written: there is ${inTheWay.join(', ')}`, '--force overwrites');
  }
  const output = new StandardOutput(process.stdout);
  for (const { path, text } of files) {
    writeAtomically(path, text);
    output.write(`wrote ${path}\n`);
  }
  const scenarios = shellQuoted(base === '.' ? 'scenarios' : `${base}/scenarios`);
  output.write(`next: npx quorumquake run ${scenarios}\n`);
  await output.flush();
  return 0;
}
