import type { InvariantInfo } from '../../contract/invariant.ts';
import { declaredInvariants as ofZab } from '../zab/invariants.ts';

const GUIDE = "ZooKeeper Programmer's Guide";

/** K8: what ends with a session has a session, and neither is anywhere behind its end. Looked at in every tree. */
export const ephemeralLiveness: InvariantInfo = {
  id: 'K8', name: 'ephemeral-liveness', source: `${GUIDE}, Ephemeral Nodes`,
};

/** K9: nothing of a session is committed behind its end. Looked at when it is committed. */
export const noResurrection: InvariantInfo = { id: 'K9', name: 'no-resurrection', source: 'ZOOKEEPER-1208' };

/**
 * K10: a leader ends no session by itself before its whole length has passed since it has said that it had heard of it,
 * or began to lead: by its own clock, whatever happens around it. Looked at when the leader logs the end.
 */
export const noEarlyExpiry: InvariantInfo = {
  id: 'K10', name: 'no-early-expiry', source: `${GUIDE}, ZooKeeper Sessions`,
};

/**
 * K11: numbers of the children of one parent go up. Looked at when they are committed. A name that ends in ten digits
 * counts as one that was numbered.
 */
export const sequentialNames: InvariantInfo = {
  id: 'K11', name: 'sequential-names', source: `${GUIDE}, Sequence Nodes`,
};

/** K12: of a multi there is all or nothing. Looked at in every tree that is not what the log comes to. */
export const multiIsAtomic: InvariantInfo = { id: 'K12', name: 'multi-is-atomic', source: 'ZOOKEEPER-3127' };

/** K13: what a change was conditional on when it was prepared holds when it is committed. */
export const conditionsHold: InvariantInfo = { id: 'K13', name: 'conditions-hold', source: `${GUIDE}, Data Access` };

/** Zab's, and those of the service. */
export const declaredInvariants: readonly InvariantInfo[] = [
  ...ofZab, ephemeralLiveness, noResurrection, noEarlyExpiry, sequentialNames, multiIsAtomic, conditionsHold,
];
