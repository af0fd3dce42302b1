import { describe, expect, it } from 'vitest';
import { Stream } from '../../../src/kernel/rng.ts';
import { Disk, type DiskFile } from '../../../src/world/disk.ts';

/** Runs syncs by hand, one at a time, in the order in which they start. */
function diskWithSyncs(): {
  disk: Disk; start: (file: DiskFile) => void; completeNext: () => void; inFlight: () => number;
} {
  const disk = new Disk();
  const running: DiskFile[] = [];
  const start = (file: DiskFile): void => {
    running.push(file);
  };
  return {
    disk,
    start,
    inFlight: () => running.length,
    completeNext: () => {
      const file = running.shift();
      if (file === undefined) throw new Error('no sync in flight');
      disk.completeSync(file, start);
    },
  };
}

describe('Disk', () => {
  it('shows a restarted process what was written and a crash what was synced', () => {
    const { disk, start, completeNext } = diskWithSyncs();
    disk.append('log', 'a');
    const point = disk.requestSync(start);
    disk.append('log', 'b');
    expect(disk.written.log('log')).toEqual(['a', 'b']);
    expect(disk.synced.log('log')).toEqual([]);
    completeNext();
    expect(disk.synced.log('log')).toEqual(['a']);
    expect(point !== null && disk.hasReached(point)).toBe(true);
  });

  it('has one sync in flight per file; a later request waits and covers all that was written meanwhile', () => {
    const { disk, start, completeNext, inFlight } = diskWithSyncs();
    disk.put('vote', 1);
    const first = disk.requestSync(start);
    disk.put('vote', 2);
    const second = disk.requestSync(start);
    disk.put('vote', 3);
    const third = disk.requestSync(start);
    expect(inFlight()).toBe(1);
    completeNext();
    const reached = [first, second, third].map((point) => point !== null && disk.hasReached(point));
    expect(reached).toEqual([true, false, false]);
    expect(disk.synced.cell('vote')).toBe(1);
    expect(inFlight()).toBe(1);
    completeNext();
    expect([second, third].map((point) => point !== null && disk.hasReached(point))).toEqual([true, true]);
    expect(disk.synced.cell('vote')).toBe(3);
    expect(inFlight()).toBe(0);
  });

  it('has nothing to wait for when all is synced', () => {
    const { disk, start, completeNext } = diskWithSyncs();
    expect(disk.requestSync(start)).toBeNull();
    disk.put('vote', 1);
    disk.requestSync(start);
    completeNext();
    expect(disk.requestSync(start)).toBeNull();
  });

  it('keeps the old synced entries while a truncation is not synced', () => {
    const { disk, start, completeNext } = diskWithSyncs();
    for (const entry of ['a', 'b', 'c']) disk.append('log', entry);
    disk.requestSync(start);
    completeNext();
    disk.truncateFrom('log', 2);
    disk.append('log', 'x');
    expect(disk.written.log('log')).toEqual(['a', 'x']);
    expect(disk.synced.log('log')).toEqual(['a', 'b', 'c']);
    disk.requestSync(start);
    completeNext();
    expect(disk.synced.log('log')).toEqual(['a', 'x']);
  });

  it('leaves, after a machine crash, the synced writes and any prefix of the rest: each prefix for some seed', () => {
    const left = new Set<string>();
    for (let seed = 0; seed < 60; seed += 1) {
      const { disk, start, completeNext } = diskWithSyncs();
      disk.append('log', 'a');
      disk.requestSync(start);
      completeNext();
      disk.append('log', 'b');
      disk.append('log', 'c');
      const lost = disk.crash(new Stream(String(seed), 'crash'));
      const log = disk.written.log('log');
      expect(disk.synced.log('log')).toEqual(log);
      expect(lost).toBe(3 - log.length);
      left.add(log.join(''));
    }
    expect([...left].sort((a, b) => (a < b ? -1 : 1))).toEqual(['a', 'ab', 'abc']);
  });

  it('refuses to cut a log beyond its end', () => {
    const disk = new Disk();
    disk.append('log', 'a');
    expect(() => disk.truncateFrom('log', 3)).toThrow('position that it has');
  });

  it('drops the beginning of a log, and positions stay what they are', () => {
    const { disk, start, completeNext } = diskWithSyncs();
    for (const entry of ['a', 'b', 'c']) disk.append('log', entry);
    disk.requestSync(start);
    completeNext();
    disk.dropUntil('log', 2, 'mark');
    expect([disk.written.head('log'), disk.written.log('log')]).toEqual([{ dropped: 2, mark: 'mark' }, ['c']]);
    expect([disk.synced.head('log').dropped, disk.synced.log('log')]).toEqual([0, ['a', 'b', 'c']]);
    expect(disk.append('log', 'd')).toBe(4);
    disk.truncateFrom('log', 4);
    disk.requestSync(start);
    completeNext();
    expect([disk.synced.head('log').dropped, disk.synced.log('log')]).toEqual([2, ['c']]);
    expect(() => disk.truncateFrom('log', 2)).toThrow('position that it has');
    expect(() => disk.dropUntil('log', 1, 'mark')).toThrow('does not come back');
  });

  it('starts a log anew behind a position that it never had', () => {
    const disk = new Disk();
    disk.append('log', 'a');
    disk.dropUntil('log', 7, 'mark');
    expect(disk.written.log('log')).toEqual([]);
    expect(disk.append('log', 'h')).toBe(8);
  });

  it('brings the head of a log back to what is synced when the machine crashes', () => {
    const { disk, start, completeNext } = diskWithSyncs();
    disk.append('log', 'a');
    disk.requestSync(start);
    completeNext();
    disk.dropUntil('log', 1, 'mark');
    for (let seed = 0; disk.written.head('log').dropped === 1; seed += 1) {
      expect(seed, 'some seed loses the write').toBeLessThan(60);
      disk.crash(new Stream(String(seed), 'crash'));
      if (disk.written.head('log').dropped === 1) return expect(disk.synced.log('log')).toEqual([]);
    }
    expect([disk.written.log('log'), disk.synced.log('log')]).toEqual([['a'], ['a']]);
  });
});
