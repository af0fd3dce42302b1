import type { Stream } from '../../../src/kernel/rng.ts';
import {
  COMPARE_AND_SET, ENTER_HOLD, EXTEND_LOCK, FENCED_LOCK, LEAVE_HOLD, LEAVE_QUEUE, RELEASE_HOLD, RELEASE_LOCK,
  RELEASE_TURN, RENEW_HOLD, TAKE_HOLD, TAKE_TURN,
} from '../../../src/protocols/redis/messages.ts';
import { sha1 } from '../../../src/protocols/redis/sha1.ts';
import type { Args, Store } from '../../../src/protocols/redis/store.ts';

/** Nearer than this to its time of expiry, nobody can say whether a key is still there: it is left to settle. */
export const SETTLED_MS = 100;

const KEYS = Array.from({ length: 150 }, (_, index) => `key:${index}`);
const VALUES = [
  '', 'a', 'value', 'Grüße', '0', '1', '-1', '7', '007', '+1', '-0', '1.5', ' 1', '9223372036854775806',
  '9223372036854775807', '9223372036854775808', '-9223372036854775808', '12345678901234567890',
];
/** Short enough to expire as the test goes, or too long for it. */
const TIMES = ['1', '150', '300', '60000', '900000', '3600000', '86400000'];
const ODD_TIMES = [
  '0', '-1', '-1000', 'x', '', '1.5', '9223372036854775807', '9223372036854775808', '9223372036854775',
  '9223372036854776', '-9223372036854775808', '-9223372036854776',
];
const SCRIPTS = [
  RELEASE_LOCK, EXTEND_LOCK, FENCED_LOCK, COMPARE_AND_SET, TAKE_HOLD, TAKE_HOLD, ENTER_HOLD, ENTER_HOLD, RENEW_HOLD,
  LEAVE_HOLD, RELEASE_HOLD,
];
const WITH_TWO_KEYS = [FENCED_LOCK, RELEASE_HOLD];
const FIELDS = ['a', 'value', '', 'Grüße', '1'];
const SET_WORDS = ['NX', 'XX', 'GET', 'KEEPTTL', 'nx', 'xX', 'get', 'EX', 'PX', 'EXAT', 'PXAT', 'px', 'IFEQ', ''];
const EXPIRE_WORDS = ['NX', 'XX', 'nx', 'GT', 'LT', 'gt', 'lt', 'YY', ''];
const NAMES = [
  'GET', 'SET', 'SETNX', 'GETSET', 'DEL', 'UNLINK', 'EXISTS', 'INCR', 'INCRBY', 'EXPIRE', 'PEXPIRE', 'PEXPIREAT',
  'HGET', 'HSET', 'HEXISTS', 'HINCRBY', 'PUBLISH', 'PERSIST', 'TTL', 'PTTL', 'PEXPIRETIME', 'PING', 'EVALSHA',
  'SCRIPT', 'SETT', 'LOCK', '',
];

/** Draws commands that the simulated and the real server must answer alike, whichever millisecond it is. */
export class CommandGenerator {
  private readonly random: Stream;
  private readonly store: Store;

  /** `store`: what the simulated server holds, which says what is about to expire. */
  constructor(random: Stream, store: Store) {
    this.random = random;
    this.store = store;
  }

  /** How many keys commands can be about now. Each command takes away one at most. */
  settled(nowMs: number): number {
    return KEYS.filter((key) => this.isSettled(key, nowMs)).length;
  }

  next(nowMs: number): Args {
    const settled = KEYS.filter((key) => this.isSettled(key, nowMs));
    const key = (): string => this.of(settled);
    const kind = this.random.between(0, 99);
    if (kind < 22) return this.set(key(), nowMs);
    if (kind < 28) return this.ofHashes(key());
    if (kind < 33) return this.ofQueues(key());
    if (kind < 36) return this.turn(key());
    if (kind < 42) return [this.of(['GET', 'get', 'PTTL', 'PTTL', 'TTL', 'PEXPIRETIME']), key()];
    if (kind < 50) return [this.of(['INCR', 'INCR', 'PERSIST', 'GET']), key()];
    if (kind < 52) return ['INCRBY', key(), this.of(VALUES)];
    if (kind < 58) return [this.of(['DEL', 'EXISTS', 'UNLINK']), ...this.some(1, 4, key)];
    if (kind < 62) return [this.of(['SETNX', 'GETSET']), key(), this.of(VALUES)];
    if (kind < 74) return this.expire(key(), nowMs);
    if (kind < 92) return this.script(key);
    if (kind < 95) return this.ofScripts();
    if (kind < 96) return this.wait();
    return [this.of(NAMES), ...this.some(0, 4, () => (this.random.chance(500_000) ? key() : this.odd()))];
  }

  private isSettled(key: string, nowMs: number): boolean {
    const expiresAtMs = this.store.entries.get(key)?.expiresAtMs ?? null;
    return expiresAtMs === null || Math.abs(expiresAtMs - nowMs) > SETTLED_MS;
  }

  private set(key: string, nowMs: number): Args {
    const value = this.of(VALUES);
    switch (this.random.between(0, 9)) {
      case 0: case 1: return ['SET', key, value];
      case 2: case 3: case 4: return ['SET', key, value, 'NX', 'PX', this.of(TIMES)];
      case 5: return ['SET', key, value, 'PXAT', String(nowMs + Number(this.of(TIMES)))];
      case 6: return ['set', key, value, 'EX', this.of(['1', '2', '60', '3600'])];
      case 7: return ['SET', key, value, this.of(['PX', 'EX', 'PXAT', 'EXAT']), this.of(ODD_TIMES)];
      default: return ['SET', key, value, ...this.some(1, 4, () => this.of([...SET_WORDS, this.of(TIMES)]))];
    }
  }

  private ofHashes(key: string): Args {
    const field = this.of(FIELDS);
    switch (this.random.between(0, 7)) {
      case 0: return ['HGET', key, field];
      case 1: return ['hexists', key, field];
      case 2: return ['PUBLISH', this.of(FIELDS), this.of(VALUES)];
      case 3: return ['HSET', key, ...this.some(1, 5, () => this.of([...FIELDS, ...VALUES]))];
      case 4: return ['HSET', key, field, this.of(VALUES)];
      default: return ['HINCRBY', key, field, this.of(['1', '1', '-1', ...VALUES])];
    }
  }

  private ofQueues(key: string): Args {
    const item = this.of(FIELDS);
    switch (this.random.between(0, 8)) {
      case 0: case 1: return ['RPUSH', key, ...this.some(1, 3, () => this.of(FIELDS))];
      case 2: return ['LPOP', key];
      case 3: return ['LINDEX', key, this.of(['0', '1', '-1', '-2', '9', 'x'])];
      case 4: return ['LREM', key, this.of(['0', '1', '-1', '2', 'x']), item];
      case 5: case 6: return ['ZADD', key, this.of(['0', '7', '-1', '9007199254740991', 'x']), item];
      case 7: return ['ZREM', key, ...this.some(1, 3, () => this.of(FIELDS))];
      default: return ['ZSCORE', key, item];
    }
  }

  /** When a place is lost has to be far away, on either side. */
  private turn(lock: string): Args {
    const line = this.of(['1', '2', '3']);
    const [queue, patience] = [`queue:${line}`, `patience:${line}`];
    const waiter = this.of(FIELDS);
    switch (this.random.between(0, 3)) {
      case 0: return ['EVAL', RELEASE_TURN, '3', lock, 'news', queue, this.heldBy(lock)];
      case 1: return ['EVAL', LEAVE_QUEUE, '4', lock, 'news', queue, patience, waiter];
      default: {
        const placeMs = this.of(['600000', '600000', '-600000']);
        return ['EVAL', TAKE_TURN, '3', lock, queue, patience, this.of(FIELDS), this.of(TIMES), waiter, placeMs];
      }
    }
  }

  /** What a script has to name to own what the key holds: the value, or a field. */
  private heldBy(key: string): string {
    const value = this.store.entries.get(key)?.value ?? '';
    if (typeof value === 'string') return value;
    return value.kind === 'hash' ? value.fields[0]?.[0] ?? '' : 'value';
  }

  /** Which of two instants is later must not depend on the millisecond. */
  private expire(key: string, nowMs: number): Args {
    const name = this.of(['PEXPIRE', 'PEXPIRE', 'EXPIRE', 'PEXPIREAT']);
    const time = this.random.chance(700_000) ? this.of(TIMES) : this.of(ODD_TIMES);
    const words = this.random.chance(500_000) ? [] : this.some(1, 2, () => this.of(EXPIRE_WORDS));
    const heldMs = this.store.entries.get(key)?.expiresAtMs ?? null;
    const atMs = Number(time) * (name === 'EXPIRE' ? 1_000 : 1) + (name === 'PEXPIREAT' ? 0 : nowMs);
    const isClose = heldMs !== null && Math.abs(atMs - heldMs) <= SETTLED_MS;
    return isClose && words.length > 0 ? [name, key, time] : [name, key, time, ...words];
  }

  private script(key: () => string): Args {
    const text = this.of(SCRIPTS);
    const hasTwoKeys = WITH_TWO_KEYS.includes(text);
    const count = hasTwoKeys ? '2' : '1';
    const subject = key();
    // Half of those who say that they own a lock do.
    const value = this.random.chance(500_000) ? this.heldBy(subject) : this.of(VALUES);
    const time = this.random.chance(900_000) ? this.of(TIMES) : this.of(ODD_TIMES);
    const more = hasTwoKeys ? [key()] : [];
    const last = text === COMPARE_AND_SET ? this.of(VALUES) : time;
    const isWhole = this.random.chance(950_000);
    const holds = text === LEAVE_HOLD ? [this.of(['2', '2', '3', '1', ''])] : [];
    const words = isWhole ? [count, subject, ...more, value, last, ...holds] : this.some(1, 4, () => this.odd());
    if (this.random.chance(20_000)) return ['EVAL', ...this.some(0, 1, () => text)];
    if (this.random.chance(300_000)) return ['EVAL', text, ...words];
    const hash = this.random.chance(900_000) ? sha1(text) : this.of(['', 'abc', sha1('unknown'), sha1(text).slice(1)]);
    return ['EVALSHA', this.random.chance(100_000) ? hash.toUpperCase() : hash, ...words];
  }

  private ofScripts(): Args {
    switch (this.random.between(0, 5)) {
      case 0: return ['SCRIPT', 'FLUSH', ...this.some(0, 1, () => this.of(['SYNC', 'async', 'now']))];
      // A script of one word would have to be compiled.
      case 1: return ['SCRIPT', this.of(['EXISTS', 'FLUSH', 'NONE', '']), ...this.some(0, 2, () => this.odd())];
      case 2: case 3: return ['script', 'load', this.of(SCRIPTS)];
      default: return ['SCRIPT', 'EXISTS', ...this.some(1, 3, () => sha1(this.of([...SCRIPTS, 'unknown'])))];
    }
  }

  /** Nobody replicates here: a WAIT that asks for a replica would hold the batch up. */
  private wait(): Args {
    return ['WAIT', ...this.of([['0', '0'], ['-1', '0'], ['x', '1'], ['0', 'x'], ['0', '-1'], ['1.5', '-1'], ['0']])];
  }

  private odd(): string {
    return this.of([...ODD_TIMES, ...SET_WORDS, ...VALUES, 'x'.repeat(150)]);
  }

  private of<T>(list: readonly T[]): T {
    return list[this.random.between(0, list.length - 1)] as T;
  }

  private some(min: number, max: number, draw: () => string): string[] {
    return Array.from({ length: this.random.between(min, max) }, draw);
  }
}
