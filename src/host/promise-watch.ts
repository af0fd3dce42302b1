import { promiseHooks } from 'node:v8';

/**
 * Counts the promises made from now on, until the call that it returns stops counting and says how many there were. A
 * synchronous run makes none: one that does has left the simulation.
 */
export function watchPromises(): () => number {
  let made = 0;
  const stop = promiseHooks.onInit(() => {
    made += 1;
  }) as () => void;
  return () => {
    stop();
    return made;
  };
}
