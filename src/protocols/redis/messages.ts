import type { SessionCommand, SessionResult } from '../../contract/session.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { Reply } from './reply.ts';

export type { Reply } from './reply.ts';

/** What a client asks of a node: any command, in Redis's words, answered by whoever gets it with what Redis replies. */
export interface Call {
  readonly kind: 'call';
  readonly args: readonly string[];
}

/**
 * What a request carries: a command of Redis, or an operation of a client that knows no Redis, which is translated and
 * executed by a primary. Redis has no sessions: a retry of an operation is executed again.
 */
export type RedisRequest = Call | SessionCommand;

/** What a response carries. */
export type RedisAnswer =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'result'; readonly result: SessionResult }
  /** Not executed. `node`: whom to ask, where it is known. */
  | { readonly kind: 'moved'; readonly node: NodeId | null };

/** Deletes a lock (KEYS 1) that still holds the caller's value (ARGV 1). Answers 1 if it did, else 0. */
export const RELEASE_LOCK: string = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** Lets a lock (KEYS 1) that still holds the caller's value (ARGV 1) live ARGV 2 milliseconds from now: 1, else 0. */
export const EXTEND_LOCK: string = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/**
 * Takes a free lock (KEYS 1) with a value (ARGV 1) for ARGV 2 milliseconds, and answers the next number of a counter
 * (KEYS 2); 0 where the lock is taken. Such a number is a fencing token of this one node, and of no more.
 */
export const FENCED_LOCK: string = `if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
return redis.call('INCR', KEYS[2])`;

/** Sets KEYS 1 to ARGV 2 if it holds ARGV 1, or nothing where that is empty. Answers OK, else what it holds. */
export const COMPARE_AND_SET: string = `local found = redis.call('GET', KEYS[1])
if (found or '') ~= ARGV[1] then return found end
return redis.call('SET', KEYS[1], ARGV[2])`;
