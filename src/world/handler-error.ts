import { LeakError } from '../kernel/guard.ts';

/** An error from inside a handler, with the name of the process in which it was thrown. */
export class HandlerError extends Error {
  readonly processName: string;
  readonly inner: unknown;

  constructor(processName: string, inner: unknown) {
    super('a handler failed');
    this.processName = processName;
    this.inner = inner;
  }
}

/** A handler returned a promise: its second half would run outside of simulated time. */
class AsyncHandlerError extends Error {}

/** Throws if a handler returned a promise or anything like one. Other values are ignored. */
export function refuseThenable(returned: unknown): void {
  if (typeof returned !== 'object' || returned === null || !('then' in returned)) return;
  throw new AsyncHandlerError(
    'a handler is async: it returned a promise; handlers are synchronous, use timers and messages instead',
  );
}

/** What happened, in one line for a person. */
export function describeFailure(error: unknown): string {
  const who = error instanceof HandlerError ? `${error.processName}: ` : '';
  const inner = error instanceof HandlerError ? error.inner : error;
  if (inner instanceof AsyncHandlerError) return `${who}${inner.message}`;
  if (inner instanceof LeakError) return `${who}${inner.message}${placeOf(inner)}`;
  if (!(inner instanceof Error)) return `${who}a handler threw ${String(inner)}`;
  return `${who}a handler threw ${inner.name}: ${inner.message}${placeOf(inner)}`;
}

/** File and line of the code that threw, past the traps of the guard; the way to it is a matter of the machine. */
function placeOf(error: Error): string {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line) && !/guard\.[jt]s:/.test(line));
  const place = /([^/\\\s(]+):(\d+):\d+\)?$/.exec(frames[0] ?? '');
  return place === null ? '' : `, at ${place[1]}:${place[2]}`;
}
