import type { Plain } from '../../contract/message.ts';
import type { NodeInit } from '../../contract/node.ts';
import { nodeId, nodeName, type NodeId } from '../../kernel/ids.ts';

/** Who accepts at first, ascending: what the scenario says, or everybody. Takes what {@link initialProblem} passes. */
export function initialMembers({ nodes, initial }: Pick<NodeInit, 'nodes' | 'initial'>): readonly NodeId[] {
  if (initial === null) return nodes;
  const { acceptors } = initial as { readonly acceptors: readonly string[] };
  return nodes.filter((node) => acceptors.includes(nodeName(node, nodes.length)));
}

/** What is wrong with the `initial` of a scenario, or `null`. */
export function initialProblem(initial: Plain, nodes: number): string | null {
  if (typeof initial !== 'object' || initial === null || Array.isArray(initial)) {
    return 'expected a map with `acceptors`';
  }
  const names = Array.from({ length: nodes }, (_, index) => nodeName(nodeId(index), nodes));
  const other = Object.keys(initial).find((key) => key !== 'acceptors');
  if (other !== undefined) return `${JSON.stringify(other)} is not known here: \`acceptors\``;
  const { acceptors } = initial as { readonly acceptors?: Plain };
  if (!Array.isArray(acceptors) || acceptors.length === 0) return '`acceptors` is a list of nodes';
  const stranger = (acceptors as readonly Plain[]).find((item) => !names.includes(item as string));
  return stranger === undefined ? null : `\`acceptors\`: ${JSON.stringify(stranger)} is not a node of this cluster`;
}
