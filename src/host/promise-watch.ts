import { promiseHooks } from 'node:v8';

/** More promises than this are counted, not kept. */
const KEPT_MAX = 10_000;

/**
 * Counts the promises made from now on, until the call that it returns stops counting and says how many there were. A
 * synchronous run makes none: one that does has left the simulation.
 *
 * Whoever made them is told so. That one of them is rejected later is no news, and must end neither the process nor the
 * thread before the other runs have been told of: an async handler that throws does just that.
 */
export function watchPromises(): () => number {
  let made = 0;
  const kept: Promise<unknown>[] = [];
  const stop = promiseHooks.onInit((promise) => {
    made += 1;
    if (made <= KEPT_MAX) kept.push(promise);
  }) as () => void;
  return () => {
    stop();
    for (const promise of kept) promise.catch(() => undefined);
    return made;
  };
}
