import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Model } from '../model.ts';
import type { ValueKey } from '../value-key.ts';
import { unseenAtFirst } from './unseen.ts';

/** Who holds the lock, and the highest token that was seen. */
interface FencedLock {
  /** `nobody`; a token; or `somebody`, whose acquisition has an unknown outcome and so a token that nobody was told. */
  readonly holder: number | 'nobody' | 'somebody';
  readonly highest: number;
}

/**
 * A mutex whose acquisitions answer with a token, higher than every token before; releases name the token that they
 * give back. Tokens may leave gaps: an acquisition of unknown outcome may have taken one.
 *
 * That its token is not known is no reason to guess: until a release names it, any token above the highest would do.
 */
export const fencedLock: Model<FencedLock> = {
  name: 'fenced-lock',
  initial: { holder: 'nobody', highest: -Infinity },

  problem({ f, input, output, outcome }: Operation): string | null {
    if (f === 'acquire') {
      const isToken = outcome !== 'ok' || Number.isSafeInteger(output);
      return isToken ? null : 'the token of an ok "acquire" is no whole number';
    }
    if (f !== 'release') return `"${f}" is no operation of a fenced-lock`;
    return Number.isSafeInteger(input) ? null : 'the token of "release" is no whole number';
  },

  step({ holder, highest }: FencedLock, operation: Operation): FencedLock | typeof ILLEGAL {
    if (operation.f === 'acquire') {
      if (holder !== 'nobody') return ILLEGAL;
      if (operation.outcome !== 'ok') return { holder: 'somebody', highest };
      const token = operation.output as number;
      return token > highest ? { holder: token, highest: token } : ILLEGAL;
    }
    const token = operation.input as number;
    if (holder === token) return { holder: 'nobody', highest };
    return holder === 'somebody' && token > highest ? { holder: 'nobody', highest: token } : ILLEGAL;
  },

  stateKey: ({ holder, highest }: FencedLock): ValueKey => `${holder} ${highest}`,
  // Tokens only grow.
  isTooLate: ({ highest }: FencedLock, { f, output }: Operation): boolean =>
    f === 'acquire' && (output as number) <= highest,
  isObserver: (): boolean => false,
  produces: (): undefined => undefined,
  observes: (): readonly ValueKey[] => [],

  /** All that is known of the tokens before is that they were lower. */
  startingUnseen: (): Model => unseenAtFirst(fencedLock, ({ f, input, output, outcome }): FencedLock => {
    if (f === 'release') return { holder: 'nobody', highest: input as number };
    if (outcome !== 'ok') return { holder: 'somebody', highest: -Infinity };
    return { holder: output as number, highest: output as number };
  }),
};
