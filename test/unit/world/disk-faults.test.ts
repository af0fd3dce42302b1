import { describe, expect, it } from 'vitest';
import type { Context, PersistTag } from '../../../src/contract/context.ts';
import { CORRUPT, type DiskView } from '../../../src/contract/disk.ts';
import type { Node } from '../../../src/contract/node.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { Stream } from '../../../src/kernel/rng.ts';
import { Control } from '../../../src/world/control.ts';
import { Disk, type DiskFile, type SyncPoint } from '../../../src/world/disk.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../../support/world.ts';

const [N1, N2] = [nodeId(0), nodeId(1)];
const luck = (seed: number = 1): Stream => new Stream(String(seed), 'crash');

const textOf = (disk: DiskView): string => disk.log('log').map((entry) => (entry === CORRUPT ? '?' : entry)).join('');

/** A log of synced entries, and more that are only written. */
function diskOf(synced: readonly string[], written: readonly string[] = []): {
  disk: Disk; sync: (how?: 'completeSync' | 'failSync' | 'pretendSync') => SyncPoint | null;
} {
  const disk = new Disk();
  const running: DiskFile[] = [];
  const start = (file: DiskFile): void => { running.push(file); };
  const sync = (how: 'completeSync' | 'failSync' | 'pretendSync' = 'completeSync'): SyncPoint | null => {
    const point = disk.requestSync(start);
    const file = running.shift();
    if (file === undefined) throw new Error('no sync in flight');
    disk[how](file, start);
    expect(running).toEqual([]);
    return point;
  };
  for (const entry of synced) disk.append('log', entry);
  if (synced.length > 0) sync();
  for (const entry of written) disk.append('log', entry);
  return { disk, sync };
}

describe('a sync that fails', () => {
  it('leaves in the cache what it forgets, and no later sync stores it', () => {
    const { disk, sync } = diskOf(['a'], ['b', 'c']);
    sync('failSync');
    expect(disk.written.log('log')).toEqual(['a', 'b', 'c']);
    expect(disk.synced.log('log')).toEqual(['a']);
    disk.append('log', 'd');
    sync();
    expect(disk.synced.log('log')).toEqual(['a', CORRUPT, CORRUPT, 'd']);
    disk.crash(luck());
    expect(disk.written.log('log')).toEqual(['a', CORRUPT, CORRUPT, 'd']);
  });

  it('forgets the value of a cell, and stores the next one', () => {
    const { disk, sync } = diskOf([]);
    disk.put('vote', 1);
    sync();
    disk.put('vote', 2);
    sync('failSync');
    sync();
    expect([disk.written.cell('vote'), disk.synced.cell('vote')]).toEqual([2, 1]);
    disk.put('vote', 3);
    sync();
    expect(disk.synced.cell('vote')).toBe(3);
  });

  it('forgets no cut, for a size is no page', () => {
    const { disk, sync } = diskOf(['a', 'b', 'c']);
    disk.truncateFrom('log', 2);
    disk.append('log', 'x');
    sync('failSync');
    disk.append('log', 'y');
    sync();
    expect(disk.synced.log('log')).toEqual(['a', CORRUPT, 'y']);
  });

  it('leaves no hole at the end of a log, whatever a crash keeps', () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const { disk, sync } = diskOf(['a'], ['b', 'c']);
      sync('failSync');
      disk.crash(luck(seed));
      expect(disk.synced.log('log')).toEqual(['a']);
    }
  });
});

describe('a disk that lies', () => {
  it('has reached what it has not stored, and loses it with the power', () => {
    const { disk, sync } = diskOf(['a'], ['b']);
    const point = sync('pretendSync');
    expect(point !== null && disk.hasReached(point)).toBe(true);
    expect(disk.requestSync(() => undefined)).toBeNull();
    expect(disk.synced.log('log')).toEqual(['a']);
  });

  it('stores all that it said once it is honest again', () => {
    const { disk, sync } = diskOf(['a'], ['b']);
    sync('pretendSync');
    disk.append('log', 'c');
    disk.flush();
    expect(disk.synced.log('log')).toEqual(['a', 'b']);
    sync();
    expect(disk.synced.log('log')).toEqual(['a', 'b', 'c']);
  });

  it('begins anew after a crash', () => {
    const seeds = Array.from({ length: 30 }, (_, seed) => {
      const { disk, sync } = diskOf(['a'], ['b']);
      sync('pretendSync');
      disk.crash(luck(seed));
      const left = disk.written.log('log').join('');
      disk.append('log', 'x');
      sync();
      expect(disk.synced.log('log').join('')).toBe(`${left}x`);
      return left;
    });
    expect([...new Set(seeds)].sort((a, b) => (a < b ? -1 : 1))).toEqual(['a', 'ab']);
  });
});

describe('an entry that rots', () => {
  it('cannot be read, in the cache either, and stays where it is', () => {
    const { disk } = diskOf(['a', 'b', 'c'], ['d']);
    const second = (bound: number): number => Math.min(bound - 1, 1);
    expect(disk.corrupt({ file: null, index: null, pick: second })).toEqual({ file: 'log', index: 2 });
    expect(disk.synced.log('log')).toEqual(['a', CORRUPT, 'c']);
    expect(disk.written.log('log')).toEqual(['a', CORRUPT, 'c', 'd']);
  });

  it('is the one that is asked for, by its position in the whole log', () => {
    const { disk, sync } = diskOf(['a', 'b', 'c']);
    disk.dropUntil('log', 1, 'mark');
    sync();
    const choose = (file: string | null, index: number | null) => disk.corrupt({ file, index, pick: () => 0 });
    expect(choose('log', 1)).toBeNull();
    expect(choose('log', 4)).toBeNull();
    expect(choose('other', null)).toBeNull();
    expect(choose('log', 3)).toEqual({ file: 'log', index: 3 });
    expect(disk.synced.log('log')).toEqual(['b', CORRUPT]);
  });

  it('is none where another one stands in the cache', () => {
    const { disk } = diskOf(['a', 'b']);
    disk.truncateFrom('log', 2);
    disk.append('log', 'x');
    disk.corrupt({ file: 'log', index: 2, pick: () => 0 });
    expect(disk.written.log('log')).toEqual(['a', 'x']);
    expect(disk.synced.log('log')).toEqual(['a', CORRUPT]);
  });

  it('is in no cell', () => {
    const { disk, sync } = diskOf([]);
    disk.put('vote', 1);
    sync();
    expect(disk.corrupt({ file: null, index: null, pick: () => 0 })).toBeNull();
  });
});

describe('a crash that tears', () => {
  it('leaves a part of the first entry that it takes, if it takes one', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 60; seed += 1) {
      const { disk } = diskOf(['a'], ['b', 'c']);
      const torn = { count: 0 };
      disk.crash(luck(seed), torn);
      const text = textOf(disk.written);
      expect(torn.count).toBe(text.endsWith('?') ? 1 : 0);
      seen.add(text);
    }
    expect([...seen].sort((a, b) => (a < b ? -1 : 1))).toEqual(['a?', 'ab?', 'abc']);
  });
});

/** The first node writes what it is told to, and says what becomes of it; the second one hears of what was promised. */
function world(handlers: Partial<Node> = {}): {
  world: World; control: Control; seen: string[]; write: (entry: string) => void; disk: () => DiskView;
} {
  const seen: string[] = [];
  const see = (what: string): number => seen.push(`${simulated.nowUs} ${what}`);
  const told: string[] = [];
  const simulated: World = smallWorld((self, disk) => ({
    state: {},
    onStart: () => { if (self === N1) see(`starts with ${textOf(disk)}`); },
    onOrder: (ctx: Context) => {
      const entry = told.shift() ?? '';
      ctx.append('log', entry);
      ctx.persist({ kind: entry });
      ctx.send(N2, { kind: `promise of ${entry}` });
    },
    onPersisted: (_ctx: Context, tag: PersistTag) => see(`stored ${tag.kind}`),
    onMessage: (_ctx: Context, _from, { kind }) => see(kind),
    ...handlers,
  }));
  const control = new Control(simulated, () => ({ role: 'node', epoch: 0, leader: null }));
  simulated.start();
  const write = (entry: string): void => {
    told.push(entry);
    control.order(N1, { kind: 'write', nodes: [] }, noEffect());
  };
  return { world: simulated, control, seen, write, disk: () => simulated.process(N1).disk.synced };
}

describe('a node whose sync fails', () => {
  it('goes down with its machine, and what it promised is lost', () => {
    const { world: simulated, control, seen, write } = world();
    const effect = noEffect();
    control.at(100, () => control.failSyncs(N1, 1, effect));
    control.at(200, () => write('a'));
    control.at(300, () => write('b'));
    control.at(9_000, () => control.restart(N1, noEffect()));
    simulated.runUntil(20_000);
    expect(seen).toEqual(['0 starts with ', '9000 starts with ']);
    expect(effect).toMatchObject({ syncsFailed: 1, processesStopped: 1, sendsLost: 2, writesLost: 2 });
    expect(simulated.trace.events).toBeGreaterThan(0);
  });

  it('is told, if it wants to be, persist by persist, and may go on', () => {
    const told: string[] = [];
    const { world: simulated, control, seen, write, disk } = world({
      onPersistFailed: (_ctx: Context, tag: PersistTag | undefined) => { told.push(tag?.kind ?? 'none'); },
    });
    const effect = noEffect();
    control.at(100, () => control.failSyncs(N1, 1, effect));
    control.at(200, () => write('a'));
    control.at(300, () => write('b'));
    control.at(9_000, () => write('c'));
    simulated.runUntil(20_000);
    expect(told).toEqual(['a', 'b']);
    expect(seen).toEqual(['0 starts with ', '11000 stored c', '12000 promise of c']);
    expect(effect).toMatchObject({ syncsFailed: 1, processesStopped: 0, sendsLost: 2 });
    // The entry of which the sync failed is a hole; the one that was written meanwhile was synced by the next one.
    expect(disk().log('log')).toEqual([CORRUPT, 'b', 'c']);
  });

  it('finds nothing of what it gave to a full disk, and not cut what it wanted cut', () => {
    const { world: simulated, control, write, disk } = world({ onPersistFailed: () => undefined });
    const effect = noEffect();
    const cut = (): void => { simulated.process(N1).disk.truncateFrom('log', 1); };
    control.at(100, () => write('a'));
    control.at(9_000, () => control.setFull(N1, true, effect));
    control.at(10_000, () => {
      cut();
      write('b');
    });
    control.at(14_000, () => write('c'));
    control.at(19_000, () => control.setFull(N1, false, effect));
    control.at(20_000, () => write('d'));
    simulated.runUntil(30_000);
    expect(disk().log('log')).toEqual(['a', 'd']);
    expect(simulated.process(N1).disk.written.log('log')).toEqual(['b', 'c', 'd']);
    expect(effect).toMatchObject({ syncsFailed: 2, processesStopped: 0 });
  });

  it('leaves nothing to chance on a full disk: a crash of the machine keeps none of it', () => {
    for (let time = 0; time < 10; time += 1) {
      const { world: simulated, control, seen, write } = world();
      control.at(100, () => control.setFull(N1, true, noEffect()));
      for (let at = 200; at < 1_000; at += 100) control.at(at, () => write(`${time} ${at}`));
      control.at(1_500, () => control.crash(N1, 'machine', noEffect()));
      control.at(2_000, () => control.restart(N1, noEffect()));
      simulated.runUntil(3_000);
      expect(seen).toEqual(['0 starts with ', '2000 starts with ']);
    }
  });

  it('is told in its turn when it is paused', () => {
    const told: string[] = [];
    const { world: simulated, control, write } = world({
      onPersistFailed: (_ctx: Context, tag: PersistTag | undefined) => {
        told.push(`${simulated.nowUs} ${tag?.kind ?? ''}`);
      },
    });
    const pause = noEffect();
    control.at(100, () => control.failSyncs(N1, 1, noEffect()));
    control.at(200, () => write('a'));
    control.at(300, () => control.pause(N1, pause));
    control.at(9_000, () => control.resume(N1, pause));
    simulated.runUntil(20_000);
    expect(told).toEqual(['9000 a']);
  });

  it('has no failure left when it was another process that asked', () => {
    const { world: simulated, control, seen, write } = world();
    control.at(100, () => control.failSyncs(N1, 1, noEffect()));
    control.at(200, () => write('a'));
    control.at(300, () => control.crash(N1, 'process', noEffect()));
    control.at(400, () => control.restart(N1, noEffect()));
    simulated.runUntil(20_000);
    expect(seen).toEqual(['0 starts with ', '400 starts with a']);
  });
});

describe('a hole before what is stored', () => {
  it('may stand for what was promised: who was killed before it heard of the failure takes what it finds for stored',
    () => {
      const { world: simulated, control, seen, write, disk } = world();
      const effect = noEffect();
      control.at(100, () => control.failSyncs(N1, 1, effect));
      control.at(200, () => write('a'));
      control.at(300, () => control.crash(N1, 'process', noEffect()));
      control.at(9_000, () => control.restart(N1, noEffect()));
      control.at(10_000, () => write('b'));
      control.at(19_000, () => control.crash(N1, 'machine', noEffect()));
      simulated.runUntil(20_000);
      expect(seen).toEqual(['0 starts with ', '9000 starts with a', '12000 stored b', '13000 promise of b']);
      expect(textOf(disk())).toBe('?b');
      expect(effect).toMatchObject({ syncsFailed: 1, failuresUnheard: 1 });
    });

  /** Of one failed sync: how often nobody was told. What happens to the process meanwhile, and its sync takes 2 ms. */
  const unheard = (happens: (control: Control) => void): number => {
    const { world: simulated, control, write } = world();
    const effect = noEffect();
    control.at(100, () => control.failSyncs(N1, 1, effect));
    control.at(200, () => write('a'));
    happens(control);
    control.at(9_000, () => control.restart(N1, noEffect()));
    simulated.runUntil(20_000);
    expect(effect.syncsFailed).toBe(1);
    return effect.failuresUnheard;
  };

  it('is one that somebody was told of where the process lived, or found its cache empty', () => {
    expect(unheard(() => undefined)).toBe(0);
    expect(unheard((control) => {
      control.at(300, () => control.crash(N1, 'process', noEffect()));
      control.at(5_000, () => control.crash(N1, 'machine', noEffect()));
    })).toBe(0);
  });

  it('is one of which nobody was told where the process was back already, or was paused when it was killed', () => {
    expect(unheard((control) => {
      control.at(300, () => control.crash(N1, 'process', noEffect()));
      control.at(400, () => control.restart(N1, noEffect()));
    })).toBe(1);
    expect(unheard((control) => {
      control.at(300, () => control.pause(N1, noEffect()));
      control.at(5_000, () => control.crash(N1, 'process', noEffect()));
    })).toBe(1);
  });
});

describe('a disk', () => {
  it('that is slow takes its time for the syncs that begin then', () => {
    const { world: simulated, control, seen, write } = world();
    const effect = noEffect();
    control.at(100, () => write('a'));
    control.at(200, () => control.setSyncLatency(N1, { min: 7_000, max: 7_000 }, effect));
    control.at(5_000, () => write('b'));
    control.at(6_000, () => control.setSyncLatency(N1, null, effect));
    control.at(20_000, () => write('c'));
    simulated.runUntil(30_000);
    expect(seen.filter((line) => line.includes('stored'))).toEqual([
      '2100 stored a', '12000 stored b', '22000 stored c',
    ]);
    expect(effect.syncsDelayed).toBe(1);
  });

  it('that lies lets promises go which a power loss breaks', () => {
    const { world: simulated, control, seen, write, disk } = world();
    const effect = noEffect();
    control.at(100, () => control.setLying(N1, true, effect));
    control.at(200, () => write('a'));
    simulated.runUntil(5_000);
    expect(seen).toContain('3200 promise of a');
    expect(disk().log('log')).toEqual([]);
    control.setLying(N1, false, effect);
    expect(disk().log('log')).toEqual(['a']);
    expect(effect.syncsFaked).toBe(1);
  });

  it('that is wiped while its node is down is empty, and never while it is up', () => {
    const { world: simulated, control, seen, write } = world();
    const effect = noEffect();
    control.at(100, () => write('a'));
    control.at(5_000, () => control.wipeDisk(N1, effect));
    control.at(6_000, () => control.crash(N1, 'machine', noEffect()));
    control.at(7_000, () => control.restart(N1, noEffect()));
    control.at(8_000, () => control.crash(N1, 'process', noEffect()));
    control.at(8_500, () => control.wipeDisk(N1, effect));
    control.at(9_000, () => control.restart(N1, noEffect()));
    simulated.runUntil(20_000);
    expect(seen.filter((line) => line.includes('starts'))).toEqual([
      '0 starts with ', '7000 starts with a', '9000 starts with ',
    ]);
    expect(effect.recordsWiped).toBe(1);
  });

  it('of which an entry rots is read so by the next process', () => {
    const { world: simulated, control, seen, write } = world();
    const effect = noEffect();
    control.at(100, () => write('a'));
    control.at(200, () => write('b'));
    control.at(9_000, () => control.corruptEntry(N1, { file: 'log', index: 1, pick: () => 0 }, effect));
    control.at(10_000, () => control.crash(N1, 'machine', noEffect()));
    control.at(11_000, () => control.restart(N1, noEffect()));
    simulated.runUntil(20_000);
    expect(seen.at(-1)).toBe('11000 starts with ?b');
    expect(effect.recordsCorrupted).toBe(1);
  });

  it('whose machine crashes while it writes keeps a part of it', () => {
    const starts = Array.from({ length: 20 }, (_, seed) => {
      const { world: simulated, control, seen, write } = world();
      const effect = noEffect();
      control.at(100 + seed, () => write('a'));
      control.at(300, () => control.crashTorn(N1, effect));
      control.at(400, () => control.restart(N1, noEffect()));
      simulated.runUntil(1_000);
      expect(effect).toMatchObject({ processesStopped: 1 });
      return seen.at(-1);
    });
    expect(starts.every((line) => line === '400 starts with ?' || line === '400 starts with a')).toBe(true);
  });
});
