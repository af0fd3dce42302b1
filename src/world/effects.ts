import { unboxed } from '../kernel/time.ts';

/** Kinds of buffered effects. */
export const EFFECT = {
  send: 1,
  sendNow: 2,
  broadcast: 3,
  setTimer: 4,
  cancelTimer: 5,
  put: 6,
  append: 7,
  truncate: 8,
  drop: 12,
  persist: 9,
  continueAs: 10,
  note: 11,
  connect: 13,
  close: 14,
  sendOn: 15,
  sendOnNow: 16,
} as const;

/**
 * The effects of one handler, in the order in which it asked for them. One buffer serves the whole world, because
 * handlers never nest. Columns instead of objects: nothing is allocated for an effect.
 */
export class EffectBuffer {
  count = 0;
  readonly kind: number[] = [];
  /** Receiver of a send, a connection, or a position, a duration. */
  readonly amount: number[] = [];
  /** Name of a timer, a file, a step. */
  readonly name: string[] = [];
  /** Message, value, entry, mark, tag or note. */
  readonly value: unknown[] = [];

  add(kind: number, amount: number, name: string, value: unknown): void {
    const at = this.count;
    this.kind[at] = kind;
    this.amount[at] = unboxed(amount);
    this.name[at] = name;
    this.value[at] = value;
    this.count = at + 1;
  }
}
