/**
 * Names a process of the simulated world: a node of the protocol or a client. A small integer inside, so that
 * per-peer state is an array; `n1`, `c1` in files, traces and reports. Nodes come first: 0 … nodes-1, then clients.
 */
export type NodeId = number & { readonly __brand: 'NodeId' };

/** Brands a small integer that is already known to name a process. */
export function nodeId(index: number): NodeId {
  return index as NodeId;
}

/** `n1` for the first of `nodeCount` nodes, `c1` for the first client after them. */
export function nodeName(id: NodeId, nodeCount: number): string {
  return id < nodeCount ? `n${id + 1}` : `c${id - nodeCount + 1}`;
}
