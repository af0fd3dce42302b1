import { LEAVE_QUEUE, RELEASE_TURN, TAKE_TURN } from './messages.ts';
import { integer, NIL, OK, type Reply } from './reply.ts';
import type { Script, ScriptInput } from './script.ts';

/** What a command that a script calls answers, where that is no error: one ends the script. */
type Call = (line: number, ...command: readonly (string | undefined)[]) => Reply;

/** An error of a command, on its way out of the script that has called it. */
class Stopped extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super('a command that a script called has failed');
    this.reply = reply;
  }
}

function script(text: string, run: (input: Omit<ScriptInput, 'call'>, call: Call) => Reply): Script {
  return {
    text,
    run(input) {
      try {
        return run(input, (line, ...command) => {
          const reply = input.call(line, ...command);
          if (reply.kind === 'error') throw new Stopped(reply);
          return reply;
        });
      } catch (error) {
        if (error instanceof Stopped) return error.reply;
        throw error;
      }
    },
  };
}

/** Of a bulk reply; `null` for nothing. */
function textOf(reply: Reply): string | null {
  return reply.kind === 'bulk' ? reply.text : null;
}

function valueOf(reply: Reply): number {
  return reply.kind === 'integer' ? reply.value : 0;
}

function timeMs(call: Call): number {
  const reply = call(1, 'TIME');
  const [seconds, micros] = reply.kind === 'array' ? reply.items.map((item) => Number(textOf(item))) : [];
  return (seconds ?? 0) * 1_000 + Math.floor((micros ?? 0) / 1_000);
}

/** Who is first once all are out that have not asked for too long. */
function firstOf(call: Call, queue: string | undefined, patience: string | undefined, nowMs: number): string | null {
  let first = textOf(call(3, 'LINDEX', queue, '0'));
  while (first !== null && Number(textOf(call(4, 'ZSCORE', patience, first)) ?? 0) < nowMs) {
    call(5, 'LPOP', queue);
    call(6, 'ZREM', patience, first);
    first = textOf(call(7, 'LINDEX', queue, '0'));
  }
  return first;
}

const takeTurn = script(TAKE_TURN, ({ keys: [lock, queue, patience], args }, call) => {
  const [owner, ttlMs, waiter, placeMs] = args;
  const nowMs = timeMs(call);
  const first = firstOf(call, queue, patience, nowMs);
  if (valueOf(call(9, 'EXISTS', lock)) === 0 && (first === null || first === waiter)) {
    if (first !== null) call(10, 'LPOP', queue);
    call(11, 'ZREM', patience, waiter);
    call(12, 'HINCRBY', lock, owner, '1');
    call(13, 'PEXPIRE', lock, ttlMs);
    return OK;
  }
  if (call(16, 'ZSCORE', patience, waiter).kind === 'nil') call(16, 'RPUSH', queue, waiter);
  call(17, 'ZADD', patience, String(nowMs + Number(placeMs)), waiter);
  return call(18, 'PTTL', lock);
});

const releaseTurn = script(RELEASE_TURN, ({ keys: [lock, channel, queue], args: [owner] }, call) => {
  if (valueOf(call(1, 'HEXISTS', lock, owner)) === 0) return NIL;
  const holds = call(2, 'HINCRBY', lock, owner, '-1');
  if (valueOf(holds) > 0) return holds;
  call(4, 'DEL', lock);
  call(5, 'PUBLISH', channel, textOf(call(5, 'LINDEX', queue, '0')) ?? '');
  return integer(0);
});

const leaveQueue = script(LEAVE_QUEUE, ({ keys: [lock, channel, queue, patience], args: [waiter] }, call) => {
  call(1, 'LREM', queue, '0', waiter);
  call(2, 'ZREM', patience, waiter);
  if (valueOf(call(3, 'EXISTS', lock)) === 1) return integer(0);
  return call(4, 'PUBLISH', channel, textOf(call(4, 'LINDEX', queue, '0')) ?? '');
});

/** The scripts of a lock whose waiters stand in a queue. */
export const queueScripts: readonly Script[] = [takeTurn, releaseTurn, leaveQueue];
