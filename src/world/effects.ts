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
  allocate: 17,
} as const;

/** One effect of a handler. Filled in again and again: see {@link EffectBuffer}. */
export class Effect {
  kind = 0;
  /** Receiver of a send, a connection, or a position, a duration. */
  amount = 0;
  /** Name of a timer, a file, a step. */
  name = '';
  /** Message, value, entry, mark, tag or note. */
  value: unknown = undefined;
}

/**
 * The effects of one handler, in the order in which it asked for them. One buffer serves the whole world, because
 * handlers never nest. It keeps its effects and fills them in anew: nothing is allocated for one, and to find the four
 * fields of an object takes half as long as to find a place in four columns.
 */
export class EffectBuffer {
  count = 0;
  /** Those from `count` on are left over. */
  readonly items: Effect[] = [];

  add(kind: number, amount: number, name: string, value: unknown): void {
    const at = this.count;
    if (at === this.items.length) this.items.push(new Effect());
    const effect = this.items[at] as Effect;
    effect.kind = kind;
    effect.amount = unboxed(amount);
    effect.name = name;
    effect.value = value;
    this.count = at + 1;
  }
}
