import type { InvariantSet } from '../../contract/invariant.ts';
import type { PaxosState } from './state.ts';

export const paxosInvariants: InvariantSet<PaxosState> = { declared: [], observe: () => ({}) };
