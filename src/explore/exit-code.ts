import type { Summary } from './standing.ts';

/** Every code that the command line can exit with, in words. Documented, and never reused for something else. */
export const exitWords = {
  0: 'every expectation was met',
  1: 'an expectation failed',
  2: 'something is unknown or vacuous, and nothing failed',
  3: 'nondeterminism: two runs of one coordinate differ',
  4: 'nothing was selected',
  64: 'bad usage',
  65: 'bad scenario or history',
  70: 'internal error',
  74: 'output could not be written',
  130: 'stopped by SIGINT',
  143: 'stopped by SIGTERM',
} as const;

export type ExitCode = keyof typeof exitWords;

/** The exit code of runs that all took place. Nondeterminism outranks failure: nothing else can be trusted then. */
export function exitCodeOf(summary: Summary): ExitCode {
  if (summary.runs === 0) return 4;
  if (summary.nondeterministic > 0) return 3;
  if (summary.unexpected > 0) return 1;
  return summary.unknown > 0 || summary.vacuous > 0 ? 2 : 0;
}
