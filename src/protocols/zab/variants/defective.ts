import type { NodeInit } from '../../../contract/node.ts';
import type { Fired } from '../../../contract/variant.ts';
import { ZabNode } from '../zab.ts';

/** Where a defect of ZooKeeper was told of. */
export const issue = (number: number): string => `https://issues.apache.org/jira/browse/ZOOKEEPER-${number}`;

/** A Zab node with one defect. */
export abstract class DefectiveZab extends ZabNode {
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
