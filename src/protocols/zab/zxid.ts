import { assert } from '../../kernel/assert.ts';

/**
 * Names a transaction: an epoch and a counter in it, as one integer that compares as the pair does. ZooKeeper packs
 * them into 64 bits; a number holds 53 exactly, which leaves 21 for the epoch beside 32 for the counter. 0: before the
 * first.
 */
export type Zxid = number;

export const NO_ZXID: Zxid = 0;

const COUNTERS = 0x1_0000_0000;
const EPOCHS = 0x20_0000;

export function zxidOf(epoch: number, counter: number): Zxid {
  assert(epoch < EPOCHS && counter < COUNTERS, 'an epoch has 21 bits and a counter 32');
  return epoch * COUNTERS + counter;
}

export function epochOf(zxid: Zxid): number {
  return Math.floor(zxid / COUNTERS);
}

export function counterOf(zxid: Zxid): number {
  return zxid % COUNTERS;
}

/** `2:7`, for people. */
export function showZxid(zxid: Zxid): string {
  return `${epochOf(zxid)}:${counterOf(zxid)}`;
}
