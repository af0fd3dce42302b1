import type { ProfiledSystem } from '../../support/profiles.ts';
import type { Exhibit } from '../exhibit.ts';

/** A row that a scenario of the library brings about. `system`: whose profiles it can show itself under at all. */
function scripted(
  exhibit: Pick<Exhibit, 'row' | 'id' | 'firstCatcher'>, script: string,
  system: ProfiledSystem = 'zookeeper-recipes',
): Exhibit {
  return {
    ...exhibit, publishedPerMille: null, ratePerMille: 0, seenBy: exhibit.firstCatcher, where: { script }, firstSeed: 1,
    system,
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
  scripted(
    { row: 'ZS-27', id: 'zookeeper-recipes/woken-is-in', firstCatcher: 'barriers' },
    'zookeeper-recipes/who-is-connected-again-is-not-let-in-for-that',
    'zookeeper-double-barrier',
  ),
  scripted(
    { row: 'ZS-28', id: 'zookeeper-recipes/stands-twice', firstCatcher: 'barriers' },
    'zookeeper-recipes/who-was-not-told-that-it-has-joined-is-counted-once',
    'zookeeper-double-barrier',
  ),
  scripted(
    { row: 'ZS-29', id: 'zookeeper-recipes/ready-outlives-the-round', firstCatcher: 'barriers' },
    'zookeeper-recipes/what-is-left-of-a-round-lets-nobody-in',
    'zookeeper-double-barrier',
  ),
  scripted(
    { row: 'ZS-30', id: 'zookeeper-recipes/leaves-alone', firstCatcher: 'barriers' },
    'zookeeper-recipes/nobody-is-in-before-enough-are-there-and-nobody-out-before-all-are-done',
    'zookeeper-double-barrier',
  ),
  scripted(
    { row: 'ZS-31', id: 'zookeeper-recipes/persistent-members', firstCatcher: 'progress' },
    'zookeeper-recipes/a-member-that-is-gone-is-not-waited-for',
    'zookeeper-double-barrier',
  ),
  scripted(
    { row: 'ZS-32', id: 'zookeeper-recipes/counts-for-itself', firstCatcher: 'progress' },
    'zookeeper-recipes/who-counts-too-late-is-told-that-the-barrier-is-open',
    'zookeeper-double-barrier',
  ),
  scripted(
    { row: 'ZS-33', id: 'zookeeper-recipes/watches-too-late', firstCatcher: 'progress' },
    'zookeeper-recipes/a-lift-between-the-look-and-the-watch-is-not-missed',
    'zookeeper-barrier',
  ),
  scripted(
    { row: 'ZS-34', id: 'zookeeper-recipes/waits-in-a-new-session', firstCatcher: 'progress' },
    'zookeeper-recipes/who-waits-looks-again-in-a-new-session',
    'zookeeper-barrier',
  ),
];
