const FIRST_CAPACITY = 1_024;

/**
 * The full trace as columns: a row for each event and for each thing that an event brought about, 29 bytes and a
 * reference. What was said is kept, not how it reads: text is made when somebody asks for it.
 */
export class TraceRows {
  /** How many rows there are. */
  count = 0;
  kind: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** Whom it meets. */
  process: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** The other process; -1 where there is none. */
  peer: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Index of a name: message kind, timer, step, file; 0 where there is none. */
  name: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Of an event its time in microseconds; else a position in a file. */
  number: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Message, value, entry, tag, note or text, by reference: nobody writes to one after it was handed over. */
  readonly value: unknown[] = [];

  add(kind: number, process: number, peer: number, name: number, number: number, value: unknown): void {
    const at = this.count;
    if (at === this.kind.length) this.grow();
    this.kind[at] = kind;
    this.process[at] = process;
    this.peer[at] = peer;
    this.name[at] = name;
    this.number[at] = number;
    this.value.push(value);
    this.count = at + 1;
  }

  private grow(): void {
    const capacity = this.kind.length * 2;
    this.kind = copied(this.kind, new Uint8Array(capacity));
    this.process = copied(this.process, new Int32Array(capacity));
    this.peer = copied(this.peer, new Int32Array(capacity));
    this.name = copied(this.name, new Int32Array(capacity));
    this.number = copied(this.number, new Float64Array(capacity));
  }
}

function copied<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
