import type { Plain } from '../../contract/message.ts';
import type { NodeInit } from '../../contract/node.ts';
import { nodeId, nodeName, type NodeId } from '../../kernel/ids.ts';
import type { PaxosSettings } from './options.ts';

/** Who has which role, ascending. The same on every node. */
export interface Layout {
  /** Who proposes, whoever accepts; `null`: whoever accepts in the slots in question. */
  readonly proposers: readonly NodeId[] | null;
  /** Who accepts at first. */
  readonly acceptors: readonly NodeId[];
}

/** Takes what {@link initialProblem} passes. Roles that are apart stay so: who proposes never accepts. */
export function layoutOf(
  { nodes, initial }: Pick<NodeInit, 'nodes' | 'initial'>, settings: Pick<PaxosSettings, 'isApart' | 'proposers'>,
): Layout {
  const named = initial === null ? nodes : namedIn(initial, nodes);
  // A single node can only have all roles.
  if (!settings.isApart || nodes.length === 1) return { proposers: null, acceptors: named };
  const spare = nodes.filter((node) => !named.includes(node));
  if (spare.length > 0) return { proposers: spare.slice(0, settings.proposers), acceptors: named };
  const count = Math.min(settings.proposers, Math.floor(nodes.length / 2));
  return { proposers: nodes.slice(0, count), acceptors: nodes.slice(count) };
}

function namedIn(initial: Plain, nodes: readonly NodeId[]): readonly NodeId[] {
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
