import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { SessionId } from './messages.ts';

const SERVERS = 0x40;
const STARTS = 0x400;
const COUNTS = 0x1_0000;

/**
 * A new session's id: the epoch in which it begins, the server that it begins at, how often that was started, and its
 * count since; 21, 6, 10 and 16 bits. ZooKeeper has the server and its wall clock, which may show the same time twice.
 */
export function sessionIdOf(epoch: number, server: NodeId, start: number, count: number): SessionId {
  assert(server < SERVERS && count < COUNTS, 'a session id has 6 bits for the server and 16 for the count');
  return ((epoch * SERVERS + server) * STARTS + (start % STARTS)) * COUNTS + count;
}

/** The epoch in which a session began. */
export function epochOfSession(session: SessionId): number {
  return Math.floor(session / (SERVERS * STARTS * COUNTS));
}
