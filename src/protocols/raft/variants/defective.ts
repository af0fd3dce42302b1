import type { NodeInit } from '../../../contract/node.ts';
import type { Fired } from '../../../contract/variant.ts';
import { RaftNode } from '../raft.ts';

/** A Raft server with one defect. */
export abstract class DefectiveRaft extends RaftNode {
  protected readonly fired: Fired;

  constructor(init: NodeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  /** The defect's answer; notes when the reference says something else. */
  protected instead<T>(defective: T, reference: T): T {
    if (defective !== reference) this.fired();
    return defective;
  }
}
