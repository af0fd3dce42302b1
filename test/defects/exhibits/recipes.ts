import type { Exhibit } from '../exhibit.ts';

/** A row that a scenario of the library brings about. */
function scripted(exhibit: Pick<Exhibit, 'row' | 'id' | 'firstCatcher'>, script: string): Exhibit {
  return {
    ...exhibit, publishedPerMille: null, ratePerMille: 0, seenBy: exhibit.firstCatcher, where: { script }, firstSeed: 1,
    system: 'zookeeper-recipes',
  };
}

const WITHOUT_AN_ANSWER =
  'zookeeper-recipes/what-was-asked-of-a-queue-without-an-answer-is-neither-doubled-nor-lost';

/** Rows of recipes on ZooKeeper. */
export const recipeExhibits: readonly Exhibit[] = [
  scripted(
    { row: 'ZS-19', id: 'zookeeper-recipes/enqueue-again', firstCatcher: 'linearizable' }, WITHOUT_AN_ANSWER,
  ),
  scripted(
    { row: 'ZS-20', id: 'zookeeper-recipes/takes-the-next', firstCatcher: 'linearizable' }, WITHOUT_AN_ANSWER,
  ),
  scripted(
    { row: 'ZS-21', id: 'zookeeper-recipes/sorted-by-name', firstCatcher: 'linearizable' },
    'zookeeper-recipes/elements-come-out-in-the-order-of-their-numbers',
  ),
  scripted(
    { row: 'ZS-22', id: 'zookeeper-recipes/ephemeral-elements', firstCatcher: 'linearizable' },
    'zookeeper-recipes/an-element-outlives-the-session-that-put-it-in',
  ),
];
