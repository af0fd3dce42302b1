import { failuresAreHeard } from '../../contract/assumptions.ts';
import type { Assumption, NodeView } from '../../contract/module.ts';
import type { CommonState } from './state.ts';

/** Nobody leads: proposers are equals. What has one role alone is named by it. */
export function view({ roles, round }: Pick<CommonState, 'roles' | 'round'>): NodeView {
  const [role = 'acceptor', ...others] = roles;
  return { role: others.length === 0 ? role : 'all roles', epoch: round, leader: null };
}

/** Kinds of fault that keep a node from taking part. */
const STOPPING: readonly string[] = [
  'crash', 'wipe-disk', 'torn-write', 'sync-error', 'disk-full', 'pause', 'partition', 'cut', 'hold', 'link',
];

/** What a system with these acceptors relies on. */
export const assumptions: readonly Assumption[] = [
  {
    id: 'disks-keep-what-they-synced',
    text: 'a sync that completed survives every crash; no disk is wiped, rolled back or corrupted (§2.5)',
    properties: ['*'],
    brokenBy: ['wipe-disk', 'lying-sync', 'bit-flip', 'torn-write', 'lost-write'],
  },
  failuresAreHeard,
  {
    id: 'majority-connected',
    text: 'a majority of the nodes is up, runs, and reaches each other and the clients',
    properties: ['progress'],
    brokenBy: STOPPING,
    tolerates: 'minority',
  },
  {
    id: 'each-role-is-there',
    text: 'with roles: apart or an acceptQuorum, few nodes can be all that a phase needs: nobody is missing',
    properties: ['progress'],
    brokenBy: STOPPING,
    withstands: (_strike, { options }) => options['roles'] === 'together' && options['acceptQuorum'] === 0,
  },
  {
    id: 'proposers-give-way',
    text: 'who was overtaken waits, by clocks of similar rates, longer than a message and a sync take (§2.4)',
    properties: ['progress'],
    brokenBy: ['link', 'hold', 'clock-drift', 'disk-slow'],
  },
];
