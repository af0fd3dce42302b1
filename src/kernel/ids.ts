/**
 * Names a process of the simulated world: a node of the protocol, a client or a protected resource. A small integer
 * inside, so that per-peer state is an array; `n1`, `c1`, `r1` in files, traces and reports. Nodes come first:
 * 0 … nodes-1, then clients, then resources.
 */
export type NodeId = number & { readonly __brand: 'NodeId' };

/** Brands a small integer that is already known to name a process. */
export function nodeId(index: number): NodeId {
  return index as NodeId;
}

/** Names one connection of a run. When the same two processes connect again, that is another one. From 1 up. */
export type ConnectionId = number & { readonly __brand: 'ConnectionId' };

/** `n1` for the first of `nodeCount` nodes, `c1` for the first client after them, `r1` for who comes after those. */
export function nodeName(id: NodeId, nodeCount: number, clientCount: number = Infinity): string {
  if (id < nodeCount) return `n${id + 1}`;
  const client = id - nodeCount;
  return client < clientCount ? `c${client + 1}` : `r${client - clientCount + 1}`;
}
