import { CORRUPT, type DiskView, EMPTY, type LogHead, WHOLE } from '../contract/disk.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import type { EntryChoice } from '../contract/world-control.ts';
import type { Digest } from '../kernel/digest.ts';
import { Fifo } from '../kernel/fifo.ts';
import type { Stream } from '../kernel/rng.ts';

/** One write that is in the page cache and not yet known to be synced. */
type Write =
  | { readonly kind: 'put'; readonly value: unknown }
  /** Placed: it makes the file no longer, but fills a place of it. */
  | { readonly kind: 'append'; readonly entry: unknown; readonly isPlaced: boolean }
  /** What a failed sync leaves of an append: an entry that was never stored, or, where it fills a place, nothing. */
  | { readonly kind: 'hole'; readonly isPlaced: boolean }
  | { readonly kind: 'allocate'; readonly count: number }
  /** What a failed sync leaves of a put; and a full disk, of anything. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'truncate'; readonly index: number }
  | { readonly kind: 'drop'; readonly index: number; readonly mark: unknown };

/** A log: the entries after its head, and how many places are allocated behind them. */
interface Log {
  head: LogHead;
  readonly entries: unknown[];
  room: number;
}

/**
 * One file: what was written (the page cache) and what is synced, apart. Writes count up from 1; `syncedThrough` is the
 * last one that a machine crash cannot take away, `reportedThrough` the last one of which the disk says so: the same,
 * unless it lies. At most one sync is in flight, and later ones wait for it and
 * coalesce: overlapping syncs that finish out of order would put an old record over a new one, as no disk queue does.
 */
class DiskFile {
  readonly name: string;
  writtenThrough = 0;
  syncedThrough = 0;
  reportedThrough = 0;
  /** Number of the last write that the sync in flight covers; 0 while none is in flight. */
  syncingThrough = 0;
  /** Somebody waits for this write to be synced. */
  wantedThrough = 0;
  cell: unknown = undefined;
  syncedCell: unknown = undefined;
  log: Log = { head: WHOLE, entries: [], room: 0 };
  readonly syncedLog: Log = { head: WHOLE, entries: [], room: 0 };
  /** Writes `syncedThrough + 1` … `writtenThrough`. */
  private readonly pending: Fifo<Write> = new Fifo();

  constructor(name: string) {
    this.name = name;
  }

  write(write: Write): void {
    this.writtenThrough += 1;
    this.pending.push(write);
    if (write.kind === 'put') this.cell = write.value;
    else writeLog(this.log, write);
  }

  /** Makes the writes up to number `through` durable. */
  sync(through: number): void {
    const count = through - this.syncedThrough;
    assert(count >= 0 && count <= this.pending.length, 'a sync covers writes that were made and are not synced yet');
    for (let i = 0; i < count; i += 1) {
      const write = this.pending.shift() as Write;
      if (write.kind === 'put') this.syncedCell = write.value;
      else writeLog(this.syncedLog, write);
    }
    this.syncedThrough = through;
    if (this.reportedThrough < through) this.reportedThrough = through;
  }

  /**
   * The writes up to number `through` were not stored, and their pages are clean from now on, as after a failed fsync
   * under Linux ("fsyncgate"): whoever reads the file still finds them, and no later sync brings them to the disk.
   * Sizes of files are metadata, which a journal keeps, so that a later append leaves a hole before it. A full disk has
   * no room for those either: to cut a file takes a block where nothing is written in place. What was to fill a place
   * leaves it empty in both cases: whatever comes next has a place of its own.
   */
  forget(through: number, isFull: boolean): void {
    const kept = this.pending.length - (through - this.syncedThrough);
    const writes = Array.from({ length: this.pending.length }, () => this.pending.shift() as Write);
    for (const [at, write] of writes.entries()) {
      const isForgotten = at < writes.length - kept;
      const isEntry = write.kind === 'append' || write.kind === 'hole';
      const isNowhere = isEntry ? isFull && !write.isPlaced : isFull || write.kind === 'put';
      if (!isForgotten) this.pending.push(write);
      else if (isNowhere) this.pending.push({ kind: 'nothing' });
      else this.pending.push(isEntry ? { kind: 'hole', isPlaced: write.isPlaced } : write);
    }
  }

  /**
   * A machine crash keeps what was synced and the first `kept` of the other writes, and more of them where places of a
   * log were to be filled; returns how many are lost. If it is `torn`, the first of those is there in part where it was
   * an append, nothing behind it is, and `torn` counts it.
   */
  crash(kept: number, torn: Torn | null, stream: Stream | null): number {
    let end = kept;
    // A file grows together with the entry behind the hole.
    while (end > 0 && this.pending.at(end - 1)?.kind === 'hole') end -= 1;
    this.sync(this.syncedThrough + end);
    const scattered = torn === null && stream !== null ? this.scatter(stream) : 0;
    const lost = this.pending.length - scattered;
    if (torn !== null && this.pending.at(0)?.kind === 'append') {
      fill(this.syncedLog, CORRUPT);
      torn.count += 1;
    }
    this.pending.clear();
    this.writtenThrough = this.syncedThrough;
    this.reportedThrough = this.syncedThrough;
    this.syncingThrough = 0;
    this.wantedThrough = 0;
    this.cell = this.syncedCell;
    const { head, entries, room } = this.syncedLog;
    this.log = { head, entries: entries.slice(), room };
    return lost;
  }

  /**
   * What makes a file longer waits for what is before it. What fills places does not (Pillai et al., "All File Systems
   * Are Not Created Equal", OSDI 2014): behind the first write that a crash has lost, each one that fills a place is
   * there or not. Returns how many are.
   */
  private scatter(stream: Stream): number {
    const places: unknown[] = [];
    let end = 0;
    let kept = 0;
    for (let at = 0; at < this.pending.length; at += 1) {
      const write = this.pending.at(at) as Write;
      if ((write.kind !== 'append' && write.kind !== 'hole') || !write.isPlaced) break;
      const isThere = at > 0 && write.kind === 'append' && stream.between(0, 1) === 1;
      places.push(isThere ? write.entry : EMPTY);
      if (!isThere) continue;
      end = places.length;
      kept += 1;
    }
    for (const place of places.slice(0, end)) fill(this.syncedLog, place);
    return kept;
  }

  get unsynced(): number {
    return this.pending.length;
  }
}

/** Counts entries that a crash leaves in part. */
export interface Torn {
  count: number;
}

const NOTHING: readonly unknown[] = Object.freeze([]);

/** A position of the disk that a persist waits for: in each file, the last write that was made before it. */
export interface SyncPoint {
  readonly file: DiskFile;
  readonly through: number;
  /** The other files. A list of links: most persists wait for one file. */
  readonly others: SyncPoint | null;
}

/**
 * The disk of one machine, as named files. A process crash keeps all that was written; a machine crash keeps all that
 * was synced, and of the rest a drawn prefix per file.
 */
export class Disk {
  /** What was written: what a restarted process reads. */
  readonly written: DiskView;
  /** What is synced: what would certainly be left if the machine crashed now. */
  readonly synced: DiskView;
  /** Whether anything was ever synced to it: a machine that crashed before that left no trace. */
  hasSynced = false;
  /** In the order of creation. */
  private readonly files: DiskFile[] = [];

  constructor() {
    this.written = {
      cell: (name) => this.find(name)?.cell,
      log: (name) => this.find(name)?.log.entries ?? NOTHING,
      head: (name) => this.find(name)?.log.head ?? WHOLE,
      room: (name) => this.find(name)?.log.room ?? 0,
    };
    this.synced = {
      cell: (name) => this.find(name)?.syncedCell,
      log: (name) => this.find(name)?.syncedLog.entries ?? NOTHING,
      head: (name) => this.find(name)?.syncedLog.head ?? WHOLE,
      room: (name) => this.find(name)?.syncedLog.room ?? 0,
    };
  }

  put(name: string, value: unknown): void {
    this.file(name).write({ kind: 'put', value });
  }

  /** Returns the one-based position of the new entry. */
  append(name: string, entry: unknown): number {
    const file = this.file(name);
    file.write({ kind: 'append', entry, isPlaced: file.log.room > 0 });
    return endOf(file.log);
  }

  /** Makes a log longer by `count` places, which the next entries fill. */
  allocate(name: string, count: number): void {
    assert(count > 0, 'a log grows by a number of places');
    this.file(name).write({ kind: 'allocate', count });
  }

  /** Removes entries from one-based `index` on, which must be at most one past the end, and what is allocated. */
  truncateFrom(name: string, index: number): void {
    const file = this.file(name);
    const isHeld = index > file.log.head.dropped && index <= endOf(file.log) + 1;
    assert(isHeld, 'a log is cut at a position that it has');
    file.write({ kind: 'truncate', index });
  }

  /** Drops entries up to one-based `index`, which may lie beyond the end, but not before what was dropped already. */
  dropUntil(name: string, index: number, mark: unknown): void {
    const file = this.file(name);
    assert(index >= file.log.head.dropped, 'what was dropped from a log does not come back');
    file.write({ kind: 'drop', index, mark });
  }

  /**
   * Starts or queues syncs for everything written so far. `start` is called for each file whose sync begins now.
   * Returns the point to wait for, or `null` when everything is synced already.
   */
  requestSync(start: (file: DiskFile) => void): SyncPoint | null {
    let point: SyncPoint | null = null;
    for (const file of this.files) {
      if (file.reportedThrough === file.writtenThrough) continue;
      point = { file, through: file.writtenThrough, others: point };
      file.wantedThrough = file.writtenThrough;
      if (file.syncingThrough === 0) beginSync(file, start);
    }
    return point;
  }

  /** The sync in flight on `file` is done; `start` is called if another one follows at once. */
  completeSync(file: DiskFile, start: (file: DiskFile) => void): void {
    file.sync(file.syncingThrough);
    this.endSync(file, start);
  }

  /** As {@link completeSync}, but that nothing was stored. */
  pretendSync(file: DiskFile, start: (file: DiskFile) => void): void {
    file.reportedThrough = file.syncingThrough;
    this.endSync(file, start);
  }

  /** As {@link completeSync}, but that it failed: what it covered is never stored. */
  failSync(file: DiskFile, start: (file: DiskFile) => void, isFull = false): void {
    const failedThrough = file.syncingThrough;
    file.forget(failedThrough, isFull);
    file.syncingThrough = 0;
    // Nobody asks again for what has failed.
    if (file.wantedThrough > failedThrough) beginSync(file, start);
  }

  /** Whether `point` waits for writes to this file. */
  waitsFor(point: SyncPoint, file: DiskFile): boolean {
    for (let at: SyncPoint | null = point; at !== null; at = at.others) {
      if (at.file === file) return file.reportedThrough < at.through;
    }
    return false;
  }

  /** Stores all that was reported: a disk that lies has it in a cache of its own. */
  flush(): void {
    for (const file of this.files) file.sync(file.reportedThrough);
  }

  /** Loses everything. Returns how many values and entries were synced. */
  wipe(): number {
    let count = 0;
    for (const { syncedCell, syncedLog } of this.files) {
      count += syncedLog.entries.length + (syncedCell === undefined ? 0 : 1);
    }
    this.files.length = 0;
    return count;
  }

  /** Makes one synced entry unreadable, now and after every crash; `null` when there is none to choose. */
  corrupt({ file: name, index, pick }: EntryChoice): { readonly file: string; readonly index: number } | null {
    const files = this.files.filter((file) => (name === null || file.name === name)
      && (index === null ? file.syncedLog.entries.length > 0 : holds(file.syncedLog, index)));
    const file = files.length === 0 ? undefined : files[pick(files.length)];
    if (file === undefined) return null;
    const { head, entries } = file.syncedLog;
    const at = index === null ? pick(entries.length) : index - 1 - head.dropped;
    const cached = head.dropped + at - file.log.head.dropped;
    if (file.log.entries[cached] === entries[at]) file.log.entries[cached] = CORRUPT;
    entries[at] = CORRUPT;
    return { file: file.name, index: head.dropped + at + 1 };
  }

  /** Whether everything before `point` is synced, or the disk says so. */
  hasReached(point: SyncPoint): boolean {
    for (let at: SyncPoint | null = point; at !== null; at = at.others) {
      if (at.file.reportedThrough < at.through) return false;
    }
    return true;
  }

  /**
   * The machine crashes: draws, per file in order of creation, how many of its unsynced writes survive; none does
   * without a stream.
   */
  crash(stream: Stream | null, torn: Torn | null = null): number {
    let lost = 0;
    for (const file of this.files) {
      const kept = file.unsynced === 0 ? 0 : stream?.between(0, file.unsynced) ?? 0;
      if (kept > 0) this.hasSynced = true;
      lost += file.crash(kept, torn, stream);
    }
    return lost;
  }

  /** Adds what is synced, file by file in order of name. */
  foldInto(digest: Digest): void {
    for (const file of [...this.files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      digest.addText(file.name);
      digest.addPlain(file.syncedCell);
      digest.addPlain(file.syncedLog.entries);
      if (file.syncedLog.head !== WHOLE) digest.addPlain(file.syncedLog.head);
      if (file.syncedLog.room > 0) digest.addPlain(file.syncedLog.room);
    }
  }

  private endSync(file: DiskFile, start: (file: DiskFile) => void): void {
    this.hasSynced = true;
    file.syncingThrough = 0;
    if (file.wantedThrough > file.reportedThrough) beginSync(file, start);
  }

  private file(name: string): DiskFile {
    const found = this.find(name);
    if (found !== undefined) return found;
    const file = new DiskFile(name);
    this.files.push(file);
    return file;
  }

  /** A disk has a handful of files, and their names are constants: comparing them is cheaper than hashing one. */
  private find(name: string): DiskFile | undefined {
    const { files } = this;
    for (let at = 0; at < files.length; at += 1) {
      const file = files[at] as DiskFile;
      if (file.name === name) return file;
    }
    return undefined;
  }
}

export type { DiskFile };

function endOf(log: Log): number {
  return log.head.dropped + log.entries.length;
}

function holds(log: Log, index: number): boolean {
  return index > log.head.dropped && index <= endOf(log);
}

function writeLog(log: Log, write: Exclude<Write, { readonly kind: 'put' }>): void {
  switch (write.kind) {
    case 'append':
      fill(log, write.entry);
      return;
    case 'hole':
      fill(log, write.isPlaced ? EMPTY : CORRUPT);
      return;
    case 'allocate':
      log.room += write.count;
      return;
    case 'nothing':
      return;
    case 'truncate':
      // Where a full disk has stored less than it was given, the log may end before that.
      log.entries.length = Math.min(log.entries.length, write.index - 1 - log.head.dropped);
      log.room = 0;
      return;
    case 'drop':
      log.room = Math.max(0, log.room - Math.max(0, write.index - endOf(log)));
      log.entries.splice(0, write.index - log.head.dropped);
      log.head = Object.freeze({ dropped: write.index, mark: write.mark });
      return;
    default:
      unreachable(write);
  }
}

function fill(log: Log, entry: unknown): void {
  // Not `push`: V8 does not inline it again here once it has met a log that was empty.
  log.entries[log.entries.length] = entry;
  if (log.room > 0) log.room -= 1;
}

function beginSync(file: DiskFile, start: (file: DiskFile) => void): void {
  file.syncingThrough = file.writtenThrough;
  start(file);
}
