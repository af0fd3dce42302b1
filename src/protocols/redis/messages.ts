import type { SessionCommand, SessionResult } from '../../contract/session.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs } from '../../kernel/time.ts';
import type { Reply } from './reply.ts';
import type { Args, Entry } from './store.ts';

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
  | { readonly kind: 'moved'; readonly node: NodeId | null }
  /** Executed, but fewer replicas have acknowledged it in time than were asked for. */
  | { readonly kind: 'unsure' };

/** Keys and what they hold, as files and messages carry them. */
export type Entries = readonly (readonly [key: string, entry: Entry])[];

/** What one command did, whole: one unit of a file, and of the stream to replicas. */
export type Unit = readonly Args[];

/** Names a history of the data. Offsets of two nodes compare within one. */
export type ReplicationId = string;

/** A replica asks to be fed, from behind `offset` of `id` if it can be. `attempt` numbers what it asks, upwards. */
export interface Psync {
  readonly kind: 'Psync';
  readonly attempt: number;
  readonly id: ReplicationId;
  readonly offset: number;
}

/** Everything anew: what the replica had is discarded. */
export interface FullResync {
  readonly kind: 'FullResync';
  readonly attempt: number;
  readonly id: ReplicationId;
  readonly offset: number;
  readonly entries: Entries;
}

/** The replica has the beginning already. What follows begins behind the offset that it asked for. */
export interface PartialResync {
  readonly kind: 'PartialResync';
  readonly attempt: number;
  readonly id: ReplicationId;
  readonly units: readonly Unit[];
}

/** Unit number `offset` of the stream. */
export interface Replicate {
  readonly kind: 'Replicate';
  readonly id: ReplicationId;
  readonly offset: number;
  readonly unit: Unit;
}

/** REPLCONF ACK: up to where the sender has executed the stream. It need not be on a disk. */
export interface Ack {
  readonly kind: 'Ack';
  readonly id: ReplicationId;
  readonly offset: number;
}

/** REPLCONF GETACK: somebody waits for an {@link Ack}. */
export interface GetAck {
  readonly kind: 'GetAck';
}

/** There is no such connection (any more): the sender has another history, or is no primary. */
export interface Closed {
  readonly kind: 'Closed';
  readonly id: ReplicationId;
}

/** REPLICAOF: follow that node; `null`: be a primary. */
export interface ReplicaOf {
  readonly kind: 'ReplicaOf';
  readonly primary: NodeId | null;
}

/** A Sentinel asks whether a node answers at all. */
export interface Ping {
  readonly kind: 'Ping';
}

export interface Pong {
  readonly kind: 'Pong';
}

/** INFO replication. */
export interface Info {
  readonly kind: 'Info';
}

export interface InfoReply {
  readonly kind: 'InfoReply';
  /** Whom it follows; `null`: it is a primary. */
  readonly primary: NodeId | null;
  readonly offset: number;
  /** How long its primary has not fed it; 0 while it does, and at a primary. */
  readonly linkDownUs: DurationUs;
}

/** What Sentinels tell each other: their configuration, and how new it is. */
export interface Hello {
  readonly kind: 'Hello';
  readonly epoch: number;
  readonly configEpoch: number;
  readonly primary: NodeId;
}

/** SENTINEL is-master-down-by-addr; with a candidate, a request for a vote in `epoch` as well. */
export interface IsPrimaryDown {
  readonly kind: 'IsPrimaryDown';
  readonly primary: NodeId;
  readonly epoch: number;
  readonly candidate: NodeId | null;
}

/** For whom the sender has voted last, and in which epoch; epoch 0 for nobody. */
export interface IsPrimaryDownReply {
  readonly kind: 'IsPrimaryDownReply';
  readonly primary: NodeId;
  readonly isDown: boolean;
  readonly leader: NodeId;
  readonly leaderEpoch: number;
}

/** What somebody has published, for a client that has subscribed to its channel. It is told once, and never again. */
export interface Published {
  readonly kind: 'Published';
  readonly channel: string;
  readonly text: string;
}

/** All that nodes send, but for answers. */
export type RedisMessage =
  | Psync | FullResync | PartialResync | Replicate | Ack | GetAck | Closed
  | ReplicaOf | Ping | Pong | Info | InfoReply
  | Hello | IsPrimaryDown | IsPrimaryDownReply | Published;

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

/**
 * Takes a free lock (KEYS 1) as a hash: one hold of an owner (ARGV 1), for ARGV 2 milliseconds. Answers OK; or for how
 * many milliseconds the lock is taken still, -1 for ever.
 */
export const TAKE_HOLD: string = `if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('PTTL', KEYS[1]) end
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.status_reply('OK')`;

/** One hold more for an owner (ARGV 1) of a lock (KEYS 1), for ARGV 2 milliseconds from now: their number, else 0. */
export const ENTER_HOLD: string = `if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
local holds = redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return holds`;

/** Lets a lock (KEYS 1) that its owner (ARGV 1) holds live ARGV 2 milliseconds from now: 1, else 0. */
export const RENEW_HOLD: string = `if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/**
 * Gives back one of ARGV 3 holds, and no other, of an owner (ARGV 1) of a lock (KEYS 1), which lives ARGV 2
 * milliseconds from now. Answers 1 where there is such an owner, with however many, else 0.
 */
export const LEAVE_HOLD: string = `local holds = redis.call('HGET', KEYS[1], ARGV[1])
if not holds then return 0 end
if holds == ARGV[3] then redis.call('HINCRBY', KEYS[1], ARGV[1], -1) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/**
 * Gives back one hold of an owner (ARGV 1) of a lock (KEYS 1). With the last one the lock is free, and who waits is
 * told (channel KEYS 2). Answers how many are left; nil: there was none.
 */
export const RELEASE_HOLD: string = `if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return nil end
local holds = redis.call('HINCRBY', KEYS[1], ARGV[1], -1)
if holds > 0 then return holds end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', KEYS[2], 'released')
return 0`;

/**
 * Takes a free lock (KEYS 1) as a hash, one hold of an owner (ARGV 1) for ARGV 2 milliseconds, if it is the turn of a
 * waiter (ARGV 3): the first of the queue (KEYS 2), or of nobody. Else the waiter is in the queue, at its end if it was
 * not, and keeps its place for ARGV 4 milliseconds from now (sorted set KEYS 3). Who has not asked again in that time
 * is gone. Answers OK; or for how many milliseconds the lock is taken, less than 0 where that is not known.
 */
export const TAKE_TURN: string = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local first = redis.call('LINDEX', KEYS[2], 0)
while first and tonumber(redis.call('ZSCORE', KEYS[3], first) or 0) < now do
  redis.call('LPOP', KEYS[2])
  redis.call('ZREM', KEYS[3], first)
  first = redis.call('LINDEX', KEYS[2], 0)
end
if redis.call('EXISTS', KEYS[1]) == 0 and (not first or first == ARGV[3]) then
  if first then redis.call('LPOP', KEYS[2]) end
  redis.call('ZREM', KEYS[3], ARGV[3])
  redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return redis.status_reply('OK')
end
if not redis.call('ZSCORE', KEYS[3], ARGV[3]) then redis.call('RPUSH', KEYS[2], ARGV[3]) end
redis.call('ZADD', KEYS[3], string.format('%.0f', now + ARGV[4]), ARGV[3])
return redis.call('PTTL', KEYS[1])`;

/** As {@link RELEASE_HOLD}, but that the news is the name of the first of the queue (KEYS 3), empty where it is. */
export const RELEASE_TURN: string = `if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return nil end
local holds = redis.call('HINCRBY', KEYS[1], ARGV[1], -1)
if holds > 0 then return holds end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', KEYS[2], redis.call('LINDEX', KEYS[3], 0) or '')
return 0`;

/** A waiter (ARGV 1) leaves the queue (KEYS 3, sorted set KEYS 4). Where the lock is free, whose turn it is is told. */
export const LEAVE_QUEUE: string = `redis.call('LREM', KEYS[3], 0, ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
return redis.call('PUBLISH', KEYS[2], redis.call('LINDEX', KEYS[3], 0) or '')`;
