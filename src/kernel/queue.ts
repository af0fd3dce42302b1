import { assert } from './assert.ts';
import type { TimeUs } from './time.ts';

const FIRST_CAPACITY = 256;
/** Slots there can be at once, and sequence numbers in all: a ticket of 53 bits holds one of each. */
const SLOTS = 0x20_0000;
const SEQUENCES = 0x1_0000_0000;
/** Whoever stops a run when more events wait than this leaves room for what a single handler adds. */
export const WAITING_MAX: number = SLOTS / 2;
/** Integers that are kept of an event, as a shift. */
const WORDS_SHIFT = 2;

/**
 * The event queue: pops in the order of (time, sequence), where sequence is the order of the pushes. Ties are never
 * left to chance. Events live in typed columns and are addressed by slot; no object is made for one.
 *
 * A binary heap of pairs: the time, and a ticket that holds both sequence and slot, so that two numbers move at each
 * level. Cost: O(log n) for push and pop. The event popped last stands in the fields that begin with `popped`.
 */
export class EventQueue {
  poppedAtUs: TimeUs = 0;
  poppedSequence = 0;
  /** What kind of event it is, whom it meets, and two numbers that go with it. */
  poppedKind = 0;
  poppedProcess = 0;
  poppedFirst = 0;
  poppedSecond = 0;

  private poppedSlot = 0;
  private size = 0;
  private nextSequence = 0;
  /** Time and ticket of each element of the heap, in turn. */
  private heap = new Float64Array(2 * FIRST_CAPACITY);
  /** Kind, process, first and second of each slot, in turn. */
  private words = new Int32Array(FIRST_CAPACITY << WORDS_SHIFT);
  private readonly payloads: unknown[] = [];
  /** Free slots, as a stack. */
  private freeSlots = new Int32Array(FIRST_CAPACITY);
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
    return this.heap[0] as number;
  }

  /** Adds an event at `atUs`, which must not lie before the event popped last. */
  push(atUs: TimeUs, kind: number, process: number, first: number, second: number, payload: unknown): void {
    assert(atUs >= this.poppedAtUs, 'an event cannot be scheduled in the past');
    assert(this.nextSequence < SEQUENCES, 'a run has at most 2^32 events');
    if (this.freeCount === 0) this.grow();
    this.freeCount -= 1;
    const slot = this.freeSlots[this.freeCount] as number;
    const { words } = this;
    const at = slot << WORDS_SHIFT;
    // All are integers of 32 bits already; V8 takes the detour by a double for whatever it does not know to be one.
    words[at] = kind | 0;
    words[at | 1] = process | 0;
    words[at | 2] = first | 0;
    words[at | 3] = second | 0;
    this.payloads[slot] = payload;
    this.siftUp(atUs, this.nextSequence * SLOTS + slot);
    this.nextSequence += 1;
    this.size += 1;
  }

  /** Takes the earliest event off the queue. Returns whether there was one. */
  pop(): boolean {
    if (this.size === 0) return false;
    const { heap, words } = this;
    const ticket = heap[1] as number;
    const sequence = Math.floor(ticket / SLOTS);
    const slot = (ticket - sequence * SLOTS) | 0;
    this.poppedAtUs = heap[0] as number;
    this.poppedSequence = sequence;
    const at = slot << WORDS_SHIFT;
    this.poppedKind = words[at] as number;
    this.poppedProcess = words[at | 1] as number;
    this.poppedFirst = words[at | 2] as number;
    this.poppedSecond = words[at | 3] as number;
    this.poppedSlot = slot;
    this.freeSlots[this.freeCount] = slot;
    this.freeCount += 1;
    this.size -= 1;
    if (this.size > 0) this.siftDown();
    return true;
  }

  /** The reference that goes with the event popped last; once, and before the next push. */
  takePayload(): unknown {
    const payload = this.payloads[this.poppedSlot];
    this.payloads[this.poppedSlot] = undefined;
    return payload;
  }

  private siftUp(time: number, ticket: number): void {
    const { heap } = this;
    let at = this.size << 1;
    while (at > 0) {
      const parent = ((at - 2) >> 2) << 1;
      const parentTime = heap[parent] as number;
      // A new event has the highest sequence number of all, so it never passes one of equal time.
      if (parentTime <= time) break;
      heap[at] = parentTime;
      heap[at | 1] = heap[parent | 1] as number;
      at = parent;
    }
    heap[at] = time;
    heap[at | 1] = ticket;
  }

  /** Moves the last element to the root and down to its place. */
  private siftDown(): void {
    const { heap } = this;
    const end = this.size << 1;
    const time = heap[end] as number;
    const ticket = heap[end | 1] as number;
    let at = 0;
    for (;;) {
      let child = (at << 1) + 2;
      if (child >= end) break;
      let childTime = heap[child] as number;
      const right = child + 2;
      if (right < end) {
        const rightTime = heap[right] as number;
        if (rightTime < childTime
          || (rightTime === childTime && (heap[right | 1] as number) < (heap[child | 1] as number))) {
          child = right;
          childTime = rightTime;
        }
      }
      if (childTime > time || (childTime === time && (heap[child | 1] as number) > ticket)) break;
      heap[at] = childTime;
      heap[at | 1] = heap[child | 1] as number;
      at = child;
    }
    heap[at] = time;
    heap[at | 1] = ticket;
  }

  private grow(): void {
    const before = this.freeSlots.length;
    const after = before * 2;
    assert(after <= SLOTS, 'at most 2^21 events wait at once');
    this.heap = widened(this.heap, new Float64Array(2 * after));
    this.words = widened(this.words, new Int32Array(after << WORDS_SHIFT));
    this.freeSlots = widened(this.freeSlots, new Int32Array(after));
    this.addFreeSlots(before, after);
  }

  private addFreeSlots(from: number, to: number): void {
    for (let slot = to - 1; slot >= from; slot -= 1) {
      this.freeSlots[this.freeCount] = slot;
      this.freeCount += 1;
      this.payloads[slot] = undefined;
    }
  }
}

function widened<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
