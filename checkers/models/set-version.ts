import type { ValueKey } from '../value-key.ts';

/** How a version differs from the next one. */
interface Difference {
  readonly value: ValueKey;
  readonly isMember: boolean;
  readonly newer: SetVersion;
}

/**
 * A set that never changes, though a version with one more value or less costs nothing: all versions share one table,
 * which belongs to the one that was used last; the others know in what they differ from a newer one (Baker, "Shallow
 * binding makes functional arrays fast", 1991). Going forth, or back by some steps, as searches do, is cheap.
 */
export class SetVersion {
  readonly size: number;
  private table: Set<ValueKey> | null;
  private difference: Difference | null = null;
  /** Of all members together, in whatever order they came: two words of 32 bits. */
  private readonly low: number;
  private readonly high: number;

  constructor(table: Set<ValueKey>, low: number, high: number) {
    this.table = table;
    this.size = table.size;
    this.low = low;
    this.high = high;
  }

  has(value: ValueKey): boolean {
    return this.own().has(value);
  }

  /** The same set with or without a value. */
  with(value: ValueKey, isMember: boolean): SetVersion {
    const table = this.own();
    if (table.has(value) === isMember) return this;
    const [low, high] = hashOf(value);
    // The empty set is everybody's, and shares its table with nobody.
    if (this.size === 0) return new SetVersion(new Set([value]), low, high);
    put(table, value, isMember);
    const newer = new SetVersion(table, this.low ^ low, this.high ^ high);
    this.table = null;
    this.difference = { value, isMember: !isMember, newer };
    return newer;
  }

  /** Equal sets have equal keys. */
  key(): ValueKey {
    return [...this.own()].map((value) => JSON.stringify([typeof value, value])).sort(byCode).join();
  }

  /** Equal sets have equal hashes. Costs nothing. */
  hash(): string {
    return `${this.size} ${this.low} ${this.high}`;
  }

  /** The table, made to hold this version. */
  private own(): Set<ValueKey> {
    if (this.table !== null) return this.table;
    const path: SetVersion[] = [this];
    for (let version = this.difference?.newer; version !== undefined; version = version.difference?.newer) {
      path.push(version);
    }
    const table = path.pop()?.table as Set<ValueKey>;
    for (const older of path.reverse()) {
      const { value, isMember, newer } = older.difference as Difference;
      newer.difference = { value, isMember: table.has(value), newer: older };
      newer.table = null;
      put(table, value, isMember);
      older.difference = null;
      older.table = table;
    }
    return table;
  }
}

export const EMPTY_SET: SetVersion = new SetVersion(new Set(), 0, 0);

function hashOf(value: ValueKey): [number, number] {
  const text = JSON.stringify([typeof value, value]);
  let low = 0x811c9dc5;
  let high = 0x9e3779b1;
  for (let position = 0; position < text.length; position += 1) {
    low = Math.imul(low ^ text.charCodeAt(position), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(position), 0x85ebca6b) + (high >>> 15);
  }
  return [low ^ (low >>> 13), high ^ (high >>> 16)];
}

function put(table: Set<ValueKey>, value: ValueKey, isMember: boolean): void {
  if (isMember) table.add(value);
  else table.delete(value);
}

function byCode(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
