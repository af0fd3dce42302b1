import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Streams } from '../../../../src/kernel/streams.ts';
import { apply, execute } from '../../../../src/protocols/redis/commands.ts';
import { parseInteger } from '../../../../src/protocols/redis/integers.ts';
import { FENCED_LOCK, RELEASE_LOCK } from '../../../../src/protocols/redis/messages.ts';
import { sha1 } from '../../../../src/protocols/redis/sha1.ts';
import { emptyStore, type Entry, type Expiry, type Store } from '../../../../src/protocols/redis/store.ts';
import { said } from '../../../support/redis/cluster.ts';
import { CommandGenerator } from '../../../support/redis/commands.ts';

/** Executes commands of words at one millisecond each; answers the last. */
function at(store: Store, ms: number, command: string, expiry: Expiry = 'deletes'): string | number | null {
  return said(execute(store, command.split(' '), ms * 1_000, expiry).reply);
}

const content = ({ entries }: Store): [string, Entry][] => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

describe('a key that expires', () => {
  it('lives through its last millisecond, and no longer', () => {
    const store = emptyStore();
    at(store, 1_000, 'SET k v PX 10');
    expect(at(store, 1_010, 'PTTL k')).toBe(0);
    expect(at(store, 1_010, 'GET k')).toBe('v');
    expect(at(store, 1_011, 'GET k')).toBeNull();
    expect(store.entries.size).toBe(0);
  });

  it('expires early by a clock that jumps forward, and late by one that jumps back', () => {
    const store = emptyStore();
    at(store, 100_000, 'SET k v PX 10000');
    expect(at(store, 40_000, 'PTTL k')).toBe(70_000);
    expect(at(store, 111_000, 'PTTL k')).toBe(-2);
  });

  it('is hidden by a replica, which leaves it until it is told', () => {
    const store = emptyStore();
    at(store, 1_000, 'SET k v PX 10');
    expect(at(store, 2_000, 'GET k', 'hides')).toBeNull();
    expect(store.entries.size).toBe(1);
    expect(at(store, 2_000, 'SET k w', 'hides')).toMatch(/^READONLY/);
    apply(store, [['INCR', 'n'], ['DEL', 'k']]);
    expect(content(store)).toEqual([['n', { value: '1', expiresAtMs: null }]]);
  });

  it('is there as long as what a primary says is executed', () => {
    const store = emptyStore();
    apply(store, [['SET', 'k', '1', 'PXAT', '5'], ['INCR', 'k']]);
    expect(content(store)).toEqual([['k', { value: '2', expiresAtMs: 5 }]]);
  });
});

describe('effects', () => {
  it('bring another store to the same data, at any other time', () => {
    const [store, copy] = [emptyStore(), emptyStore()];
    const generator = new CommandGenerator(new Streams('effects').get('commands'), store);
    let [nowMs, told] = [1_000_000, 0];
    for (let count = 0; count < 20_000; count++) {
      // The clock goes back now and then, too.
      nowMs += count % 1_000 === 0 ? -50_000 : 7;
      if (generator.settled(nowMs) === 0) continue;
      const { effects } = execute(store, generator.next(nowMs), nowMs * 1_000);
      apply(copy, effects);
      told += effects.length;
    }
    expect(told).toBeGreaterThan(5_000);
    expect(content(copy)).toEqual(content(store));
  });

  it('have absolute times and no scripts, and there are none where nothing has changed', () => {
    const store = emptyStore();
    const effectsOf = (...args: string[]): unknown => execute(store, args, 1_000_000).effects;
    expect(effectsOf('SET', 'k', 'v', 'NX', 'PX', '10')).toEqual([['SET', 'k', 'v', 'PXAT', '1010']]);
    expect(effectsOf('SET', 'k', 'w', 'NX', 'PX', '10')).toEqual([]);
    expect(effectsOf('EVAL', RELEASE_LOCK, '1', 'k', 'x')).toEqual([]);
    expect(effectsOf('EVAL', FENCED_LOCK, '2', 'l', 'n', 'v', '10')).toEqual([
      ['SET', 'l', 'v', 'PXAT', '1010'], ['INCR', 'n'],
    ]);
  });
});

describe('scripts', () => {
  it('are found by their hash once they were shown, and not before', () => {
    const store = emptyStore();
    const hash = sha1(RELEASE_LOCK);
    expect(at(store, 1, `EVALSHA ${hash} 1 k v`)).toMatch(/^NOSCRIPT/);
    expect(said(execute(store, ['SCRIPT', 'LOAD', RELEASE_LOCK], 0).reply)).toBe(hash);
    at(store, 1, 'SET k v');
    expect(at(store, 1, `EVALSHA ${hash.toUpperCase()} 1 k w`)).toBe(0);
    expect(at(store, 1, `EVALSHA ${hash} 1 k v`)).toBe(1);
    expect(at(store, 1, 'EXISTS k')).toBe(0);
    expect(at(store, 1, `SCRIPT EXISTS ${hash} ${sha1('')}`)).toBe('1 0');
  });

  it('that have no handler are an error', () => {
    expect(at(emptyStore(), 1, 'EVAL return 0')).toMatch(/^ERR/);
    expect(said(execute(emptyStore(), ['EVAL', 'return 1', '0'], 0).reply)).toMatch(/no handler/);
  });

  it('cannot change anything at a replica, and say in which line', () => {
    const store = emptyStore();
    apply(store, [['SET', 'k', 'v']]);
    const { reply } = execute(store, ['EVAL', RELEASE_LOCK, '1', 'k', 'v'], 0, 'hides');
    expect(said(reply)).toBe(
      `READONLY You can't write against a read only replica. script: ${sha1(RELEASE_LOCK)}, on @user_script:2.`);
  });

  it('have the hashes that the host computes', () => {
    for (const text of ['', 'abc', 'Grüße 🔒', 'x'.repeat(55), 'x'.repeat(56), 'x'.repeat(64), 'y'.repeat(1_000)]) {
      expect(sha1(text)).toBe(createHash('sha1').update(text).digest('hex'));
    }
  });
});

it('integers are of 64 bits, and written in one way', () => {
  const good = ['0', '7', '-1', '9223372036854775807', '-9223372036854775808'];
  const bad = ['', '-0', '+1', '01', ' 1', '1 ', '1.0', '1e3', '9223372036854775808', '-9223372036854775809', '-', 'x'];
  expect(good.map(parseInteger)).toEqual(good.map(BigInt));
  expect(bad.map(parseInteger)).toEqual(bad.map(() => null));
});
