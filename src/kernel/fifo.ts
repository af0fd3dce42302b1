/** So little that some queue grows early in a run: when the first one did, V8 threw away its code for all of them. */
const FIRST_CAPACITY = 4;

/**
 * A queue that keeps its room: a ring that grows and never shrinks. An array that is pushed to and shifted from empties
 * again and again, and each time V8 throws its store away and makes the next one for 17 elements.
 */
export class Fifo<T> {
  private items: (T | undefined)[] = new Array<T | undefined>(FIRST_CAPACITY).fill(undefined);
  private first = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(item: T): void {
    if (this.count === this.items.length) this.grow();
    this.items[(this.first + this.count) & (this.items.length - 1)] = item;
    this.count += 1;
  }

  /** The item at `position`, where 0 is the oldest; `undefined` behind the end. */
  at(position: number): T | undefined {
    return position < this.count ? this.items[(this.first + position) & (this.items.length - 1)] : undefined;
  }

  /** Removes the oldest item and returns it; `undefined` when there is none. */
  shift(): T | undefined {
    if (this.count === 0) return undefined;
    const item = this.items[this.first];
    this.items[this.first] = undefined;
    this.first = (this.first + 1) & (this.items.length - 1);
    this.count -= 1;
    return item;
  }

  clear(): void {
    this.items.fill(undefined);
    this.first = 0;
    this.count = 0;
  }

  private grow(): void {
    const { items, first } = this;
    const room = new Array<T | undefined>(items.length).fill(undefined);
    this.items = [...items.slice(first), ...items.slice(0, first), ...room];
    this.first = 0;
  }
}
