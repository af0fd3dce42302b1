import type { Context } from '../../../contract/context.ts';
import type { Variant } from '../../../contract/variant.ts';
import { type Zxid, zxidOf } from '../zxid.ts';
import { DefectiveZab } from './defective.ts';

/** ZB-14: the promise of an epoch is in memory alone. */
class PromiseNotStored extends DefectiveZab {
  protected override storeAcceptedEpoch(_ctx: Context, epoch: number): void {
    this.fired();
    this.state.durable.acceptedEpoch = epoch;
  }
}

/** ZB-15: the counter runs over into the epoch. */
class Rollover extends DefectiveZab {
  protected override isUsedUp(counter: number): boolean {
    return this.instead(false, super.isUsedUp(counter));
  }

  protected override zxidFor(epoch: number, counter: number): Zxid {
    const counters = this.settings.counterMax + 1;
    return zxidOf(epoch + Math.floor(counter / counters), counter % counters);
  }
}

/** ZB-25: a proposal is acknowledged when it is written. */
class AckBeforeSync extends DefectiveZab {
  protected override syncsBeforeAck(): boolean {
    return this.instead(false, super.syncsBeforeAck());
  }
}

/** ZB-27: half of the nodes are enough. */
class EvenQuorum extends DefectiveZab {
  protected override isQuorum(members: { readonly length: number }): boolean {
    return this.instead(members.length >= Math.ceil(this.clusterSize / 2), super.isQuorum(members));
  }
}

/** Defects of promises, zxids and quorums. */
export const epochVariants: readonly Variant[] = [
  {
    row: 'ZB-14', id: 'zab/promise-not-stored', title: 'the promise of an epoch is not on the disk when it is given',
    breaks: 'DSN 2011, section V.B, step f.1.1: the follower stores the epoch, then acknowledges it',
    source: 'https://issues.apache.org/jira/browse/ZOOKEEPER-335', difficulty: 'E', firstCatcher: 'Z17',
    in: 'node', create: (init, fired) => new PromiseNotStored(init, fired),
  },
  {
    row: 'ZB-15', id: 'zab/zxid-rollover', title: 'the counter of an epoch runs over into the next one',
    breaks: 'each epoch has a leader of its own',
    source: 'https://issues.apache.org/jira/browse/ZOOKEEPER-1277', difficulty: 'E', firstCatcher: 'Z2',
    in: 'node', create: (init, fired) => new Rollover(init, fired),
  },
  {
    row: 'ZB-25', id: 'zab/ack-before-sync', title: 'a proposal is acknowledged before it is on the disk',
    breaks: 'DSN 2011, section V.B, step f.3.1: the proposal is stored, then acknowledged',
    source: "ZooKeeper Administrator's Guide, forceSync", difficulty: 'E', firstCatcher: 'Z17',
    in: 'node', create: (init, fired) => new AckBeforeSync(init, fired),
  },
  {
    row: 'ZB-27', id: 'zab/even-quorum', title: 'in clusters of even size half of the nodes decide',
    breaks: 'DSN 2011, section III: any two quorums have a node in common',
    source: 'DSN 2011, section III', difficulty: 'E', firstCatcher: 'Z1',
    in: 'node', create: (init, fired) => new EvenQuorum(init, fired),
  },
];
