import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Machine, type Model } from '../model.ts';
import type { ValueKey } from '../value-key.ts';
import { registerMachine } from './register-machine.ts';
import { unseenAtFirst } from './unseen.ts';

type Mutex = 'free' | 'held';

const BEFORE: Readonly<Record<string, Mutex>> = { acquire: 'free', release: 'held' };
const AFTER: Readonly<Record<string, Mutex>> = { acquire: 'held', release: 'free' };

/**
 * A lock that is acquired only while it is free, and released only while it is held; free at first. As in Knossos, it
 * does not know by whom: a release by another process is right. A lock that expires is no mutex, by design.
 *
 * To the search it is a register of two values, and both operations are compare-and-set.
 */
export const mutex: Model<Mutex> = {
  name: 'mutex',
  initial: 'free',
  isRegister: true,

  problem({ f }: Operation): string | null {
    return Object.hasOwn(BEFORE, f) ? null : `"${f}" is no operation of a mutex`;
  },

  step(state: Mutex, { f }: Operation): Mutex | typeof ILLEGAL {
    return BEFORE[f] === state ? (AFTER[f] as Mutex) : ILLEGAL;
  },

  stateKey: (state: Mutex): ValueKey => state,
  isObserver: (): boolean => false,
  produces: ({ f }: Operation): ValueKey | undefined => AFTER[f],
  observes: ({ f }: Operation): readonly ValueKey[] => [BEFORE[f] as Mutex],
  startingUnseen: (): Model => unseenAtFirst(mutex, ({ f }) => AFTER[f] as Mutex),
  machine: (operations: readonly Operation[]): Machine => registerMachine(mutex, operations),
};
