import type { ReportBreach } from '../../../src/contract/invariant.ts';
import { raftInvariants } from '../../../src/protocols/raft/monitor.ts';
import { Cluster, type ClusterSettings, n1, n2, n3, n4, n5 } from './harness.ts';
import { clusterInfo, type Reported } from './puppets.ts';

/** Raft nodes in a test's hand, and what the monitor reports of them. */
export function watched(settings: ClusterSettings = {}): { readonly cluster: Cluster; readonly reported: Reported[] } {
  const reported: Reported[] = [];
  const nodes = [n1, n2, n3, n4, n5].slice(0, settings.size ?? 3);
  const report: ReportBreach = ({ id }, text) => { reported.push({ id, text }); };
  const monitor = raftInvariants.observe(clusterInfo(nodes, settings.options), report);
  return { cluster: new Cluster({ ...settings, monitor }), reported };
}
