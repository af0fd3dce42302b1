#!/usr/bin/env node
import { CommanderError } from 'commander';
import type { ExitCode } from '../explore/exit-code.ts';
import { toolVersion } from '../host/package.ts';
import { HostError, messageOf } from '../host/problem.ts';
import { commandLine } from './program.ts';

/** Where a stack helps nobody but us. */
const isDebug = (process.env['QUORUMQUAKE_DEBUG'] ?? '') !== '';

function exitCodeOf(thrown: unknown): ExitCode {
  // Commander has already said what is wrong. Its code for every misuse is 1, which is ours for a failed expectation.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 64;
  if (thrown instanceof HostError) {
    if (thrown.message !== '') say(thrown.message, thrown.hint);
    return thrown.exitCode;
  }
  say(`internal error: ${messageOf(thrown)}`, isDebug ? null : 'QUORUMQUAKE_DEBUG=1 shows where');
  if (isDebug && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  return 70;
}

function say(message: string, hint: string | null): void {
  process.stderr.write(`quorumquake: ${message}${hint === null ? '' : ` (${hint})`}\n`);
}

/** A later promise of a user's protocol that fails must not look like a verdict. */
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (thrown: unknown) => { process.exit(exitCodeOf(thrown)); });
}

try {
  const program = commandLine(toolVersion(), (code) => { process.exitCode = code; });
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
