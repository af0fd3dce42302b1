import { describe, expect, it } from 'vitest';
import type { Node } from '../../../src/contract/node.ts';
import { CORRUPT, type DiskView, EMPTY } from '../../../src/contract/disk.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { Digest } from '../../../src/kernel/digest.ts';
import { Stream } from '../../../src/kernel/rng.ts';
import { Disk, type DiskFile } from '../../../src/world/disk.ts';
import { smallWorld } from '../../support/world.ts';

type End = 'completeSync' | 'failSync';

/** What stands in the log, an empty place as a dot, and how many places are behind it. */
function shown(disk: DiskView): string {
  const texts = disk.log('log').map((entry) => (entry === EMPTY ? '.' : entry === CORRUPT ? '?' : String(entry)));
  return `${texts.join('')} +${disk.room('log')}`;
}

/** A disk whose syncs end at once, and how. */
function makeDisk(): { disk: Disk; sync: (how?: End, isFull?: boolean) => void } {
  const disk = new Disk();
  const running: DiskFile[] = [];
  const start = (file: DiskFile): void => { running.push(file); };
  return {
    disk,
    sync: (how = 'completeSync', isFull = false) => {
      disk.requestSync(start);
      const file = running.shift();
      if (file === undefined) throw new Error('no sync in flight');
      disk[how](file, start, isFull);
    },
  };
}

/** `a` is synced in a log of six places, and `entries` are written behind it. */
function written(entries: string): { disk: Disk; sync: (how?: End, isFull?: boolean) => void } {
  const { disk, sync } = makeDisk();
  disk.allocate('log', 6);
  disk.append('log', 'a');
  sync();
  for (const entry of entries) disk.append('log', entry);
  return { disk, sync };
}

/** What crashes leave, of many seeds. */
function leftBy(make: () => Disk, torn = false): string[] {
  const left = new Set<string>();
  for (let seed = 0; seed < 120; seed += 1) {
    const disk = make();
    disk.crash(new Stream(String(seed), 'crash'), torn ? { count: 0 } : null);
    expect(shown(disk.written)).toBe(shown(disk.synced));
    left.add(shown(disk.synced));
  }
  return [...left].sort((a, b) => (a < b ? -1 : 1));
}

describe('a log that is allocated ahead', () => {
  it('has places that entries fill, which keep their positions', () => {
    const { disk, sync } = written('b');
    expect([shown(disk.written), shown(disk.synced)]).toEqual(['ab +4', 'a +5']);
    expect(disk.append('log', 'c')).toBe(3);
    sync();
    expect(shown(disk.synced)).toBe('abc +3');
    expect(disk.written.room('other')).toBe(0);
  });

  it('is longer by another block when that is asked for, and runs over where it is not', () => {
    const { disk, sync } = written('bcdefgh');
    expect(shown(disk.written)).toBe('abcdefgh +0');
    disk.allocate('log', 2);
    sync();
    expect(shown(disk.synced)).toBe('abcdefgh +2');
    expect(() => disk.allocate('log', 0)).toThrow('number of places');
  });

  it('loses what is allocated when it is cut, and what is dropped beyond its end', () => {
    const { disk } = written('bc');
    disk.dropUntil('log', 4, 'mark');
    expect([shown(disk.written), disk.append('log', 'e')]).toEqual([' +2', 5]);
    disk.dropUntil('log', 9, 'mark');
    expect(shown(disk.written)).toBe(' +0');
    const other = written('bc');
    other.disk.truncateFrom('log', 3);
    expect(shown(other.disk.written)).toBe('ab +0');
  });

  it('keeps, through a crash, any of the writes behind the first one that is lost', () => {
    expect(leftBy(() => written('bcd').disk)).toEqual([
      'a +5', 'a..d +2', 'a.c +3', 'a.cd +2', 'ab +4', 'ab.d +2', 'abc +3', 'abcd +2',
    ]);
  });

  it('counts what a crash has lost', () => {
    for (let seed = 0; seed < 60; seed += 1) {
      const { disk } = written('bcd');
      const lost = disk.crash(new Stream(String(seed), 'crash'));
      const entries = disk.synced.log('log').filter((entry) => entry !== EMPTY);
      expect(lost).toBe(4 - entries.length);
    }
  });

  it('keeps only the first of the writes that make it longer', () => {
    const make = (): Disk => {
      const { disk, sync } = makeDisk();
      disk.append('log', 'a');
      sync();
      for (const entry of 'bcd') disk.append('log', entry);
      return disk;
    };
    expect(leftBy(make)).toEqual(['a +0', 'ab +0', 'abc +0', 'abcd +0']);
  });

  it('keeps nothing in places of which a crash has lost that they were allocated, or behind a cut', () => {
    const make = (): Disk => {
      const { disk, sync } = makeDisk();
      disk.append('log', 'a');
      sync();
      disk.allocate('log', 3);
      for (const entry of 'bc') disk.append('log', entry);
      disk.truncateFrom('log', 3);
      disk.append('log', 'd');
      return disk;
    };
    expect(leftBy(make)).toEqual(['a +0', 'a +3', 'a.c +1', 'ab +0', 'ab +2', 'abc +1', 'abd +0']);
  });

  it('keeps nothing behind an entry that a crash tears', () => {
    expect(leftBy(() => written('bcd').disk, true)).toEqual(['a? +4', 'ab? +3', 'abc? +2', 'abcd +2']);
  });

  it('has an empty place where a sync has failed, be the disk full or not', () => {
    for (const isFull of [false, true]) {
      const { disk, sync } = written('bc');
      sync('failSync', isFull);
      disk.append('log', 'd');
      sync();
      expect([shown(disk.written), shown(disk.synced)]).toEqual(['abcd +2', 'a..d +2']);
      const at = written('bc');
      at.sync('failSync', isFull);
      at.disk.crash(new Stream('1', 'crash'));
      expect(shown(at.disk.synced)).toBe('a +5');
    }
  });

  it('is no longer where the disk is full', () => {
    const { disk, sync } = makeDisk();
    disk.append('log', 'a');
    sync();
    disk.allocate('log', 4);
    sync('failSync', true);
    sync();
    expect([disk.written.room('log'), disk.synced.room('log')]).toEqual([4, 0]);
  });

  it('is another disk than one that is shorter', () => {
    const digestOf = (count: number): string => {
      const { disk, sync } = makeDisk();
      disk.append('log', 'a');
      if (count > 0) disk.allocate('log', count);
      sync();
      const digest = new Digest();
      disk.foldInto(digest);
      return digest.hex();
    };
    expect(new Set([0, 1, 2].map(digestOf)).size).toBe(3);
  });

  it('is told of in the trace, and asked for in whole places', () => {
    const node: Node = {
      state: {},
      onStart: (ctx) => {
        expect(() => { ctx.allocate('log', 0); }).toThrow('number of places');
        ctx.allocate('log', 4);
        ctx.append('log', 'a');
      },
    };
    const world = smallWorld(() => node, { nodes: 1 });
    world.start();
    world.runUntil(1);
    expect(world.traceLines()).toEqual(['#0 0.000000 n1 starts', '  allocate log 4', '  append log 1 "a"']);
    expect(shown(world.process(nodeId(0)).disk.written)).toBe('a +3');
  });
});
