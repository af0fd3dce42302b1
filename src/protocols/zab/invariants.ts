import type { InvariantInfo } from '../../contract/invariant.ts';

const paper = (section: string): string => `DSN 2011, section ${section}`;

/** Z1: at most one leader is established in an epoch, and a quorum has promised and begun it then. */
export const leadership: InvariantInfo = { id: 'Z1', name: 'leadership', source: paper('V.B, phase 1') };

/** Z2: what anybody logs was proposed by the leader of its epoch. Looked at when it is logged. */
export const integrity: InvariantInfo = { id: 'Z2', name: 'integrity', source: paper('III.A, integrity') };

/** Z3: what nodes deliver is in the one order in which it was committed. Looked at when they deliver. */
export const totalOrder: InvariantInfo = { id: 'Z3', name: 'total-order', source: paper('III.A, total order') };

/** Z4: a transaction has the same transactions before it in every history. Looked at when it is logged. */
export const agreement: InvariantInfo = { id: 'Z4', name: 'agreement', source: paper('III.A, agreement') };

/** Z5: nothing is delivered that is not committed. */
export const committedPrefix: InvariantInfo = {
  id: 'Z5', name: 'committed-prefix', source: 'Medeiros 2012, section 3',
};

/** Z6: what one leader proposes, nobody delivers in another order, or with a gap. Looked at when it is committed. */
export const localPrimaryOrder: InvariantInfo = {
  id: 'Z6', name: 'local-primary-order', source: paper('III.A, local primary order'),
};

/** Z7: transactions of a later epoch are delivered later. Looked at when they are committed. */
export const globalPrimaryOrder: InvariantInfo = {
  id: 'Z7', name: 'global-primary-order', source: paper('III.A, global primary order'),
};

/** Z8: once a leader is established, nothing of an earlier epoch is committed that it does not have. */
export const primaryIntegrity: InvariantInfo = {
  id: 'Z8', name: 'primary-integrity', source: paper('III.A, primary integrity'),
};

/** Z9: who is established as a leader has every committed transaction. */
export const leaderCompleteness: InvariantInfo = {
  id: 'Z9', name: 'leader-completeness', source: paper('V.B, phase 1'),
};

/** Z10: what is committed is in the logs on the disks of a quorum. Looked at when it is committed. */
export const committedIsDurable: InvariantInfo = {
  id: 'Z10', name: 'committed-is-durable', source: paper('V.B, phase 3'),
};

/** Z11: on each disk, the current epoch is not above the promised one, and the history that it began with is there. */
export const epochOrder: InvariantInfo = { id: 'Z11', name: 'epoch-order', source: 'ZOOKEEPER-4643' };

/** Z12: each log grows by later transactions, and each connection carries them without a gap. */
export const zxidOrder: InvariantInfo = { id: 'Z12', name: 'zxid-order', source: paper('V.A') };

/** Z13: nodes that have applied the same are in the same state. */
export const stateConsistency: InvariantInfo = {
  id: 'Z13', name: 'state-consistency', source: 'Medeiros 2012, section 3',
};

/** Z14: a service reflects the log of its node, and all of it while the node looks for a leader. */
export const processConsistency: InvariantInfo = { id: 'Z14', name: 'process-consistency', source: 'ZOOKEEPER-2845' };

/** Z15: nobody gets a packet that has no place where it is in the protocol. */
export const noIllegalPackets: InvariantInfo = { id: 'Z15', name: 'no-illegal-packets', source: 'ZOOKEEPER-4685' };

/** Z16: nobody proposes in an epoch before a quorum has the history that it begins with. */
export const activation: InvariantInfo = { id: 'Z16', name: 'activation', source: paper('V.B, phase 2') };

/** Z17: what ACKEPOCH and ACK say is on the sender's disk when they leave. */
export const acksAreDurable: InvariantInfo = { id: 'Z17', name: 'acks-are-durable', source: paper('V.B') };

/** All of them, in the order of their ids. */
export const declaredInvariants: readonly InvariantInfo[] = [
  leadership, integrity, totalOrder, agreement, committedPrefix, localPrimaryOrder, globalPrimaryOrder,
  primaryIntegrity, leaderCompleteness, committedIsDurable, epochOrder, zxidOrder, stateConsistency,
  processConsistency, noIllegalPackets, activation, acksAreDurable,
];
