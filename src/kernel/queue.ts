import { assert } from './assert.ts';
import type { TimeUs } from './time.ts';

const FIRST_CAPACITY = 256;

/**
 * The event queue: pops in the order of (time, sequence), where sequence is the order of the pushes. Ties are never
 * left to chance. Events live in typed columns and are addressed by slot; no object is made for one.
 *
 * A binary heap of slots with their keys beside them. Cost: O(log n) for push and pop. After {@link pop} the columns of
 * the popped slot can be read until the next push.
 */
export class EventQueue {
  /** Columns, indexed by slot: what kind of event, whom it meets, and two numbers and a reference that go with it. */
  kind: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  process: Int32Array = new Int32Array(FIRST_CAPACITY);
  first: Int32Array = new Int32Array(FIRST_CAPACITY);
  second: Int32Array = new Int32Array(FIRST_CAPACITY);
  payload: unknown[] = [];

  /** Time and sequence number of the event popped last. */
  poppedAtUs: TimeUs = 0;
  poppedSequence = 0;

  private size = 0;
  private nextSequence = 0;
  private heapTime = new Float64Array(FIRST_CAPACITY);
  private heapSequence = new Float64Array(FIRST_CAPACITY);
  private heapSlot = new Int32Array(FIRST_CAPACITY);
  /** Free slots, as a stack. */
  private freeSlot = new Int32Array(FIRST_CAPACITY);
  private freeCount = 0;

  constructor() {
    this.addFreeSlots(0, FIRST_CAPACITY);
  }

  /** Events that wait. */
  get length(): number {
    return this.size;
  }

  /** Time of the next event. The queue must not be empty. */
  get nextAtUs(): TimeUs {
    return this.heapTime[0] as number;
  }

  /** Adds an event at `atUs`, which must not lie before the event popped last. */
  push(atUs: TimeUs, kind: number, process: number, first: number, second: number, payload: unknown): void {
    assert(atUs >= this.poppedAtUs, 'an event cannot be scheduled in the past');
    if (this.freeCount === 0) this.grow();
    this.freeCount -= 1;
    const slot = this.freeSlot[this.freeCount] as number;
    this.kind[slot] = kind;
    this.process[slot] = process;
    this.first[slot] = first;
    this.second[slot] = second;
    this.payload[slot] = payload;
    const sequence = this.nextSequence;
    this.nextSequence += 1;
    this.siftUp(this.size, atUs, sequence, slot);
    this.size += 1;
  }

  /** Removes the earliest event and returns its slot, or -1 when the queue is empty. */
  pop(): number {
    if (this.size === 0) return -1;
    const slot = this.heapSlot[0] as number;
    this.poppedAtUs = this.heapTime[0] as number;
    this.poppedSequence = this.heapSequence[0] as number;
    this.size -= 1;
    if (this.size > 0) this.siftDown();
    this.freeSlot[this.freeCount] = slot;
    this.freeCount += 1;
    return slot;
  }

  private siftUp(start: number, time: number, sequence: number, slot: number): void {
    const { heapTime, heapSequence, heapSlot } = this;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = heapTime[parent] as number;
      // A new event has the highest sequence number of all, so it never passes one of equal time.
      if (parentTime <= time) break;
      heapTime[at] = parentTime;
      heapSequence[at] = heapSequence[parent] as number;
      heapSlot[at] = heapSlot[parent] as number;
      at = parent;
    }
    heapTime[at] = time;
    heapSequence[at] = sequence;
    heapSlot[at] = slot;
  }

  /** Moves the last element to the root and down to its place. */
  private siftDown(): void {
    const { heapTime, heapSequence, heapSlot, size } = this;
    const time = heapTime[size] as number;
    const sequence = heapSequence[size] as number;
    const slot = heapSlot[size] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size) {
        const leftTime = heapTime[child] as number;
        const rightTime = heapTime[right] as number;
        const isRightEarlier = rightTime < leftTime
          || (rightTime === leftTime && (heapSequence[right] as number) < (heapSequence[child] as number));
        if (isRightEarlier) child = right;
      }
      const childTime = heapTime[child] as number;
      if (childTime > time || (childTime === time && (heapSequence[child] as number) > sequence)) break;
      heapTime[at] = childTime;
      heapSequence[at] = heapSequence[child] as number;
      heapSlot[at] = heapSlot[child] as number;
      at = child;
    }
    heapTime[at] = time;
    heapSequence[at] = sequence;
    heapSlot[at] = slot;
  }

  private grow(): void {
    const before = this.kind.length;
    const after = before * 2;
    this.kind = widened(this.kind, new Uint8Array(after));
    this.process = widened(this.process, new Int32Array(after));
    this.first = widened(this.first, new Int32Array(after));
    this.second = widened(this.second, new Int32Array(after));
    this.heapTime = widened(this.heapTime, new Float64Array(after));
    this.heapSequence = widened(this.heapSequence, new Float64Array(after));
    this.heapSlot = widened(this.heapSlot, new Int32Array(after));
    this.freeSlot = widened(this.freeSlot, new Int32Array(after));
    this.addFreeSlots(before, after);
  }

  private addFreeSlots(from: number, to: number): void {
    for (let slot = to - 1; slot >= from; slot -= 1) {
      this.freeSlot[this.freeCount] = slot;
      this.freeCount += 1;
      this.payload[slot] = undefined;
    }
  }
}

function widened<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
