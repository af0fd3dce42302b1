import type { Plain } from '../../contract/message.ts';
import type { NodeInit } from '../../contract/node.ts';
import { nodeId, nodeName, type NodeId } from '../../kernel/ids.ts';
import type { LogEntry } from './messages.ts';

/** How one node begins. */
export interface Initial {
  readonly voters: readonly NodeId[];
  readonly term: number;
  readonly entries: readonly LogEntry[];
}

/**
 * What a scenario may say of the beginning: who votes (the others are spare), and for each node the term it is in and
 * the terms of the entries of its log, as in Figure 7.
 */
interface InitialFile {
  readonly voters?: readonly string[];
  readonly terms?: Readonly<Record<string, number>>;
  readonly logs?: Readonly<Record<string, readonly number[]>>;
}

/** Reads what {@link initialProblem} has nothing against. */
export function readInitial({ self, nodes, initial }: Pick<NodeInit, 'self' | 'nodes' | 'initial'>): Initial {
  const { voters, terms, logs } = (initial ?? {}) as InitialFile;
  const name = nodeName(self, nodes.length);
  const entries = (logs?.[name] ?? []).map((term): LogEntry =>
    Object.freeze({ kind: 'no-op', term, timeUs: 0, bytes: 0 }));
  return {
    voters: voters === undefined ? nodes : nodes.filter((node) => voters.includes(nodeName(node, nodes.length))),
    term: Math.max(terms?.[name] ?? 0, entries[entries.length - 1]?.term ?? 0),
    entries,
  };
}

/** What is wrong with the `initial` of a scenario, or `null`. */
export function initialProblem(initial: Plain, nodes: number): string | null {
  if (!isMap(initial)) return 'expected a map with `voters`, `terms` or `logs`';
  const names = Array.from({ length: nodes }, (_, index) => nodeName(nodeId(index), nodes));
  for (const [key, value] of Object.entries(initial)) {
    if (key === 'voters') {
      if (!isList(value) || value.length === 0) return '`voters` is a list of nodes';
      const stranger = value.find((item) => !names.includes(item as string));
      if (stranger !== undefined) return `\`voters\`: ${JSON.stringify(stranger)} is not a node of this cluster`;
    } else if (key === 'terms' || key === 'logs') {
      if (!isMap(value)) return `\`${key}\` is a map with a node as its key`;
      const problem = perNodeProblem(key, value, names);
      if (problem !== null) return problem;
    } else {
      return `${JSON.stringify(key)} is not known here: \`voters\`, \`terms\`, \`logs\``;
    }
  }
  return null;
}

function perNodeProblem(
  key: 'terms' | 'logs', value: Readonly<Record<string, Plain>>, names: readonly string[],
): string | null {
  for (const [node, item] of Object.entries(value)) {
    if (!names.includes(node)) return `\`${key}\`: ${JSON.stringify(node)} is not a node of this cluster`;
    const terms = key === 'terms' ? [item] : item;
    if (!isList(terms)) return `\`logs\`: ${node} has a list of terms`;
    if (!terms.every((term) => Number.isSafeInteger(term) && (term as number) >= 1)) {
      return `\`${key}\`: terms are integers from 1 on (${node})`;
    }
    if (terms.some((term, place) => place > 0 && (term as number) < (terms[place - 1] as number))) {
      return `\`logs\`: terms do not go down along a log (${node})`;
    }
  }
  return null;
}

function isMap(value: Plain): value is Readonly<Record<string, Plain>> {
  return typeof value === 'object' && value !== null && !isList(value);
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}
