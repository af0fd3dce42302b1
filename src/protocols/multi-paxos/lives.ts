import type { NodeId } from '../../kernel/ids.ts';

/** A life of a node ends with its disk. Restarts go on in it. */
export interface Life {
  /** 0 for the first. */
  readonly number: number;
  /** Drawn at its beginning, so that no answer to an earlier attempt at the same number is taken for one to this. */
  readonly nonce: number;
}

/** By NodeId, the last life that somebody has heard of; empty as long as all are in their first. Never changed. */
export type Lives = readonly Life[];

export const NO_LIVES: Lives = Object.freeze([]);

const FIRST: Life = Object.freeze({ number: 0, nonce: 0 });

export function lifeOf(lives: Lives, node: NodeId): Life {
  return lives[node] ?? FIRST;
}

/** The same lives, but for one node's. */
export function withLife(lives: Lives, node: NodeId, life: Life, nodes: readonly NodeId[]): Lives {
  return Object.freeze(nodes.map((id) => (id === node ? life : lifeOf(lives, id))));
}

/** Of each node the later life. */
export function latest(a: Lives, b: Lives): Lives {
  if (b.length === 0) return a;
  return Object.freeze(b.map((life, node) => ((a[node]?.number ?? 0) > life.number ? (a[node] as Life) : life)));
}

/** What somebody has answered, and what it knew of everybody's lives then. */
export interface Told {
  readonly from: NodeId;
  readonly lives: Lives;
}

/**
 * Those answers of which no other one knows that their sender has forgotten them: a crash-consistent quorum is made of
 * these (Michael, Ports, Sharma and Szekeres 2017). Cost: the square of their number, once anybody has lost a disk.
 */
export function consistent<T extends Told>(answers: readonly T[]): readonly T[] {
  if (answers.every(({ lives }) => lives.length === 0)) return answers;
  return answers.filter(({ from, lives }) =>
    answers.every((other) => lifeOf(other.lives, from).number <= lifeOf(lives, from).number));
}
