import { majority } from '../../contract/quorum.ts';
import type { NodeId } from '../../kernel/ids.ts';

/** Who takes part (thesis §4; §6 of the paper for the joint phase). Never changed; each list ascends. */
export interface Configuration {
  readonly voters: readonly NodeId[];
  /** In the joint phase, who voted before it: its majority is needed as well. Empty outside of it. */
  readonly oldVoters: readonly NodeId[];
  /** Thesis §4.2.1: servers that get the log and are not counted. */
  readonly learners: readonly NodeId[];
}

/** A configuration and the index of its entry; 0 for the one that the cluster began with. */
export interface ConfigurationAt {
  readonly index: number;
  readonly configuration: Configuration;
}

/** A configuration outside of the joint phase. */
export function simple(voters: readonly NodeId[], learners: readonly NodeId[] = []): Configuration {
  return freeze({ voters: ascending(voters), oldVoters: [], learners: ascending(learners) });
}

/** §6 From one set of voters to another: both decide until the change is complete. */
export function joint(from: Configuration, voters: readonly NodeId[]): Configuration {
  const learners = from.learners.filter((node) => !voters.includes(node));
  return freeze({ voters: ascending(voters), oldVoters: from.voters, learners });
}

/** §6 What follows a joint configuration. */
export function left({ voters, learners }: Configuration): Configuration {
  return freeze({ voters, oldVoters: [], learners });
}

/** §6 Whether two sets of voters decide. */
export function isJoint({ oldVoters }: Configuration): boolean {
  return oldVoters.length > 0;
}

/** Whether a node is in a list. Not by `includes`, which costs a call: the lists are short. */
export function isAmong(nodes: readonly NodeId[], node: NodeId): boolean {
  for (let at = 0; at < nodes.length; at++) if (nodes[at] === node) return true;
  return false;
}

/** Whether a node's vote counts, in one of the two sets at least. */
export function isVoter({ voters, oldVoters }: Configuration, node: NodeId): boolean {
  return isAmong(voters, node) || isAmong(oldVoters, node);
}

/** Everybody who gets the log, ascending. */
export function members({ voters, oldVoters, learners }: Configuration): NodeId[] {
  return ascending([...new Set([...voters, ...oldVoters, ...learners])]);
}

/** Whether `nodes` are a majority of the voters, and of the old ones too in the joint phase. */
export function isMajorityOf({ voters, oldVoters }: Configuration, nodes: readonly NodeId[]): boolean {
  const isMajority = (of: readonly NodeId[]): boolean =>
    of.filter((node) => nodes.includes(node)).length >= majority(of.length);
  return isMajority(voters) && (oldVoters.length === 0 || isMajority(oldVoters));
}

function ascending(nodes: readonly NodeId[]): NodeId[] {
  return nodes.slice().sort((a, b) => a - b);
}

/** Not the lists: they are read for each acknowledgement, and V8 calls a function to read from a frozen list. */
function freeze({ voters, oldVoters, learners }: Configuration): Configuration {
  return Object.freeze({ voters, oldVoters, learners });
}
