import type { NodeInit } from '../../../contract/node.ts';
import type { Fired } from '../../../contract/variant.ts';
import { ZooKeeperNode } from '../server.ts';

/** A ZooKeeper server with one defect. */
export abstract class DefectiveServer extends ZooKeeperNode {
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
