import { holdsWithin, type UsedUnknowns } from './used-unknowns.ts';

/** What a search has linearized so far, last operation first: shared by all configurations that continue it. */
export interface Trace {
  readonly operation: number;
  /** Takes its place directly before the blind write that precedes it in the trace; see the search. */
  readonly isAbsorbed: boolean;
  readonly before: Trace | null;
}

const INITIAL_CAPACITY = 16;
const DEAD = -1;
const NO_RECORD = -1;
/** Our own count of what a configuration costs beside its integers: a trace entry, two references, a bucket. */
const BYTES_BESIDE = 64;

/**
 * A set of configurations without redundant ones: no member makes another one superfluous.
 *
 * A record is one state and two bit sets over the slots of open operations: `done` (has no obligation any more) and
 * `spent` (a blind write that took its place and cannot take another). Beside it stand the unknown updates that were
 * used, and the trace. Records are numbered from 0 to `count`; some may be dead.
 */
export class ConfigurationSet {
  readonly stride: number;
  readonly words: number;
  /** Slots whose `done` bits must be equal for two records to be comparable. Shared with the search, one bit a slot. */
  private readonly exact: Int32Array;
  count = 0;
  alive = 0;
  records: Int32Array;
  used: UsedUnknowns[] = [];
  traces: (Trace | null)[] = [];
  private usedBytes = 0;
  private bucketOf: Int32Array;
  private nextInBucket: Int32Array;
  private heads: Int32Array = new Int32Array(INITIAL_CAPACITY * 2).fill(NO_RECORD);

  constructor(words: number, exact: Int32Array) {
    this.words = words;
    this.exact = exact;
    this.stride = 1 + 2 * words;
    this.records = new Int32Array(INITIAL_CAPACITY * this.stride);
    this.bucketOf = new Int32Array(INITIAL_CAPACITY);
    this.nextInBucket = new Int32Array(INITIAL_CAPACITY);
  }

  clear(): void {
    for (let record = 0; record < this.count; record += 1) this.heads[this.bucketOf[record] as number] = NO_RECORD;
    this.count = 0;
    this.alive = 0;
    this.used.length = 0;
    this.traces.length = 0;
    this.usedBytes = 0;
  }

  isAlive(record: number): boolean {
    return this.records[record * this.stride] !== DEAD;
  }

  bytes(): number {
    return this.count * (4 * this.stride + BYTES_BESIDE) + this.usedBytes;
  }

  /** Copies a record into `into`, which has the length of the stride. */
  read(record: number, into: Int32Array): void {
    const start = record * this.stride;
    for (let word = 0; word < this.stride; word += 1) into[word] = this.records[start + word] as number;
  }

  /**
   * Adds a copy of `record`, unless a member makes it superfluous; members that it makes superfluous die.
   * Returns what that cost, in steps: how many members it was compared with, more where long lists were.
   */
  add(record: Int32Array, used: UsedUnknowns, trace: Trace | null): number {
    if (this.count * 2 >= this.heads.length) this.grow();
    const bucket = this.hash(record, 0);
    const comparison = 1 + (used.length >> 5);
    let cost = 0;
    let next = this.heads[bucket] as number;
    while (next !== NO_RECORD) {
      const member = next;
      next = this.nextInBucket[member] as number;
      const start = member * this.stride;
      if (this.records[start] === DEAD) continue;
      cost += comparison;
      if (this.isComparable(start, record)) {
        if (this.covers(this.records, start, record, 0) && holdsWithin(this.used[member] as UsedUnknowns, used)) {
          return cost;
        }
        if (this.covers(record, 0, this.records, start) && holdsWithin(used, this.used[member] as UsedUnknowns)) {
          this.records[start] = DEAD;
          this.traces[member] = null;
          this.alive -= 1;
        }
      }
    }
    const added = this.count;
    this.records.set(record, added * this.stride);
    this.used.push(used);
    this.traces.push(trace);
    this.usedBytes += 8 * used.length;
    this.bucketOf[added] = bucket;
    this.nextInBucket[added] = this.heads[bucket] as number;
    this.heads[bucket] = added;
    this.count += 1;
    this.alive += 1;
    return cost;
  }

  private isComparable(start: number, record: Int32Array): boolean {
    if (this.records[start] !== record[0]) return false;
    for (let word = 0; word < this.words; word += 1) {
      const difference = (this.records[start + 1 + word] as number) ^ (record[1 + word] as number);
      if ((difference & (this.exact[word] as number)) !== 0) return false;
    }
    return true;
  }

  /** Whether `better` has every obligation done that `worse` has, and has spent no write that `worse` still has. */
  private covers(better: Int32Array, betterStart: number, worse: Int32Array, worseStart: number): boolean {
    for (let word = 1; word <= this.words; word += 1) {
      if (((worse[worseStart + word] as number) & ~(better[betterStart + word] as number)) !== 0) return false;
      const spent = word + this.words;
      if (((better[betterStart + spent] as number) & ~(worse[worseStart + spent] as number)) !== 0) return false;
    }
    return true;
  }

  /** Comparable records have equal hashes. */
  private hash(record: Int32Array, start: number): number {
    let hash = Math.imul(record[start] as number, 0x9e3779b1);
    for (let word = 0; word < this.words; word += 1) {
      const exactBits = (record[start + 1 + word] as number) & (this.exact[word] as number);
      hash = Math.imul(hash ^ exactBits ^ (hash >>> 15), 0x85ebca6b);
    }
    return (hash ^ (hash >>> 13)) & (this.heads.length - 1);
  }

  private grow(): void {
    const capacity = this.heads.length;
    this.records = enlarged(this.records, capacity * this.stride);
    this.bucketOf = enlarged(this.bucketOf, capacity);
    this.nextInBucket = enlarged(this.nextInBucket, capacity);
    this.heads = new Int32Array(capacity * 2).fill(NO_RECORD);
    for (let record = 0; record < this.count; record += 1) {
      if (!this.isAlive(record)) continue;
      const bucket = this.hash(this.records, record * this.stride);
      this.bucketOf[record] = bucket;
      this.nextInBucket[record] = this.heads[bucket] as number;
      this.heads[bucket] = record;
    }
  }
}

function enlarged(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
