import {
  COMPARE_AND_SET, ENTER_HOLD, EXTEND_LOCK, FENCED_LOCK, LEAVE_HOLD, RELEASE_HOLD, RELEASE_LOCK, RENEW_HOLD, TAKE_HOLD,
} from './messages.ts';
import { queueScripts } from './queue-scripts.ts';
import { integer, NIL, OK, type Reply } from './reply.ts';
import type { Script } from './script.ts';
import { sha1 } from './sha1.ts';

const ZERO: Reply = Object.freeze(integer(0));

/** Whether the key holds the caller's own value. An error is its own answer. */
function owns(found: Reply, value: string | undefined): boolean {
  return found.kind === 'bulk' && found.text === value;
}

function isOne(reply: Reply): boolean {
  return reply.kind === 'integer' && reply.value === 1;
}

const known: readonly Script[] = [
  {
    text: RELEASE_LOCK,
    run({ keys, args, call }) {
      const found = call(1, 'GET', keys[0]);
      if (found.kind === 'error') return found;
      return owns(found, args[0]) ? call(2, 'DEL', keys[0]) : ZERO;
    },
  },
  {
    text: EXTEND_LOCK,
    run({ keys, args, call }) {
      const found = call(1, 'GET', keys[0]);
      if (found.kind === 'error') return found;
      return owns(found, args[0]) ? call(2, 'PEXPIRE', keys[0], args[1]) : ZERO;
    },
  },
  {
    text: FENCED_LOCK,
    run({ keys, args, call }) {
      const granted = call(1, 'SET', keys[0], args[0], 'NX', 'PX', args[1]);
      if (granted.kind === 'error') return granted;
      return granted.kind === 'nil' ? ZERO : call(2, 'INCR', keys[1]);
    },
  },
  {
    text: COMPARE_AND_SET,
    run({ keys, args, call }) {
      const found = call(1, 'GET', keys[0]);
      if (found.kind === 'error') return found;
      const held = found.kind === 'bulk' ? found.text : '';
      return held === args[0] ? call(3, 'SET', keys[0], args[1]) : found;
    },
  },
  {
    text: TAKE_HOLD,
    run({ keys, args, call }) {
      const found = call(1, 'EXISTS', keys[0]);
      if (found.kind === 'error') return found;
      if (isOne(found)) return call(1, 'PTTL', keys[0]);
      const held = call(2, 'HINCRBY', keys[0], args[0], '1');
      if (held.kind === 'error') return held;
      const timed = call(3, 'PEXPIRE', keys[0], args[1]);
      return timed.kind === 'error' ? timed : OK;
    },
  },
  {
    text: ENTER_HOLD,
    run({ keys, args, call }) {
      const found = call(1, 'HEXISTS', keys[0], args[0]);
      if (!isOne(found)) return found;
      const holds = call(2, 'HINCRBY', keys[0], args[0], '1');
      if (holds.kind === 'error') return holds;
      const timed = call(3, 'PEXPIRE', keys[0], args[1]);
      return timed.kind === 'error' ? timed : holds;
    },
  },
  {
    text: RENEW_HOLD,
    run({ keys, args, call }) {
      const found = call(1, 'HEXISTS', keys[0], args[0]);
      return isOne(found) ? call(2, 'PEXPIRE', keys[0], args[1]) : found;
    },
  },
  {
    text: LEAVE_HOLD,
    run({ keys, args, call }) {
      const found = call(1, 'HGET', keys[0], args[0]);
      if (found.kind === 'error') return found;
      if (found.kind === 'nil') return ZERO;
      const left = owns(found, args[2]) ? call(3, 'HINCRBY', keys[0], args[0], '-1') : found;
      return left.kind === 'error' ? left : call(4, 'PEXPIRE', keys[0], args[1]);
    },
  },
  {
    text: RELEASE_HOLD,
    run({ keys, args, call }) {
      const found = call(1, 'HEXISTS', keys[0], args[0]);
      if (!isOne(found)) return found.kind === 'error' ? found : NIL;
      const holds = call(2, 'HINCRBY', keys[0], args[0], '-1');
      if (holds.kind !== 'integer' || holds.value > 0) return holds;
      const deleted = call(4, 'DEL', keys[0]);
      if (deleted.kind === 'error') return deleted;
      const told = call(5, 'PUBLISH', keys[1], 'released');
      return told.kind === 'error' ? told : ZERO;
    },
  },
  ...queueScripts,
];

/** The scripts that can be run, keyed by the hash of their text. */
export const SCRIPTS: ReadonlyMap<string, Script> = new Map(known.map((script) => [sha1(script.text), script]));
