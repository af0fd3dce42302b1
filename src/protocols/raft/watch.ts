import type { ClusterInfo, InvariantInfo, ReportBreach } from '../../contract/invariant.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { newNodeGhost, type NodeGhost } from './ghost.ts';
import { Ledger } from './ledger.ts';

/** What all parts of the monitor share: what was seen of each node and of the log, and where breaches go. */
export class Watch {
  readonly cluster: ClusterInfo;
  /** By NodeId. */
  readonly nodes: readonly NodeGhost[];
  readonly ledger: Ledger = new Ledger();
  private readonly report: ReportBreach;
  private readonly breached = new Set<string>();

  constructor(cluster: ClusterInfo, report: ReportBreach) {
    this.cluster = cluster;
    this.report = report;
    this.nodes = cluster.nodes.map(newNodeGhost);
  }

  ghostOf(node: NodeId): NodeGhost {
    return this.nodes[node] as NodeGhost;
  }

  name(process: NodeId): string {
    return this.cluster.nameOf(process);
  }

  breach(invariant: InvariantInfo, text: string): void {
    if (this.breached.has(invariant.id)) return;
    this.breached.add(invariant.id);
    this.report(invariant, text);
  }
}
