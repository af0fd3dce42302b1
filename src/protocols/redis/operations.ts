import type { Operation, SessionResult } from '../../contract/session.ts';
import type { Plain } from '../../contract/message.ts';
import { COMPARE_AND_SET, type RedisAnswer } from './messages.ts';
import type { Reply } from './reply.ts';
import type { Args } from './store.ts';

/** An operation of a client that knows no Redis, as a command; `null` where there is none. Values are JSON. */
export function commandOf({ f, key, value }: Operation): Args | null {
  switch (f) {
    case 'read': return ['GET', key];
    case 'write': return ['SET', key, JSON.stringify(value)];
    case 'delete': return ['DEL', key];
    case 'cas': {
      const [expected, replacement] = value as readonly [Plain, Plain];
      return ['EVAL', COMPARE_AND_SET, '1', key, textOf(expected), JSON.stringify(replacement)];
    }
    default: return null;
  }
}

/** What the reply to that command says of the operation. */
export function answerOf(operation: Operation, reply: Reply): RedisAnswer {
  return { kind: 'result', result: resultOf(operation, reply) };
}

/** Of the workloads, `register`, `cas-register` and `kv` have commands; what others ask for is refused. */
export function notOffered({ f }: Operation): RedisAnswer {
  return { kind: 'result', result: { kind: 'refused', error: `Redis has no ${f} here`, value: null } };
}

function resultOf({ f, value }: Operation, reply: Reply): SessionResult {
  // Every command is checked before it changes anything.
  if (reply.kind === 'error') return { kind: 'refused', error: reply.text, value: null };
  const isRefused = f === 'cas' && reply.kind !== 'status';
  if (isRefused) return { kind: 'refused', error: 'compare failed', value: valueOf(reply) };
  return { kind: 'ok', value: f === 'read' ? valueOf(reply) : value };
}

/** Nothing is where `null` is. */
function textOf(value: Plain): string {
  return value === null ? '' : JSON.stringify(value);
}

function valueOf(reply: Reply): Plain {
  return reply.kind === 'bulk' ? JSON.parse(reply.text) as Plain : null;
}
