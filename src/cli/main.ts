#!/usr/bin/env node
import { CommanderError } from 'commander';
import type { ExitCode } from '../explore/exit-code.ts';
import { toolVersion } from '../host/package.ts';
import { codeOf, HostError, messageOf } from '../host/problem.ts';
import { sanitised } from '../report/text.ts';
import { commandLine } from './program.ts';

/** Where a stack helps nobody but us. */
const isDebug = (process.env['QUORUMQUAKE_DEBUG'] ?? '') !== '';

function exitCodeOf(thrown: unknown): ExitCode {
  // Commander has already said what is wrong. Its code for every misuse is 1, which is ours for a failed expectation.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 64;
  // Help and version are written by commander, past our own output.
  if (['ENOSPC', 'EIO', 'EPIPE'].includes(codeOf(thrown))) {
    say(`cannot write to standard output: ${messageOf(thrown)}`, null);
    return 74;
  }
  if (thrown instanceof HostError) {
    if (thrown.message !== '') say(thrown.message, thrown.hint);
    return thrown.exitCode;
  }
  say(`internal error: ${messageOf(thrown)}`, isDebug ? null : 'QUORUMQUAKE_DEBUG=1 shows where');
  if (isDebug && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  return 70;
}

/** What is quoted in a message may come from a stranger. A place in a file stands first, where tools look for it. */
function say(message: string, hint: string | null): void {
  const prefix = /^\S+:\d+:\d+: /.test(message) ? '' : 'quorumquake: ';
  process.stderr.write(`${prefix}${sanitised(message)}${hint === null ? '' : ` (${sanitised(hint)})`}\n`);
}

/** A later promise of a user's protocol that fails must not look like a verdict. */
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (thrown: unknown) => { process.exit(exitCodeOf(thrown)); });
}

try {
  const program = commandLine(toolVersion(), (code) => { process.exitCode = code; });
  await program.parseAsync();
  // All is written. A timer or a socket that a user's protocol has left open must not keep the process.
  setTimeout(() => { process.exit(); }, 1_000).unref();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
