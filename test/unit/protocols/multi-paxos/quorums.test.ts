import { describe, expect, it } from 'vitest';
import { type NodeId, nodeId } from '../../../../src/kernel/ids.ts';
import {
  isAcceptQuorum, isPrepareQuorum, meetsEachPrepareQuorum, type Quorums, quorumsApart, quorumsOf, type QuorumSettings,
} from '../../../../src/protocols/multi-paxos/quorums.ts';

const counted: QuorumSettings = { quorumsInGrid: false, prepareQuorum: 0, acceptQuorum: 0, gridColumns: 0 };
const grid: QuorumSettings = { ...counted, quorumsInGrid: true };
const nodes = (...numbers: readonly number[]): NodeId[] => numbers.map((number) => nodeId(number - 1));
const upTo = (count: number): NodeId[] => Array.from({ length: count }, (_, at) => nodeId(at));

/** All sets of members of which `isQuorum` says so and of which none can be left out, as digits. */
function smallest(quorums: Quorums, isQuorum: (quorums: Quorums, nodes: readonly NodeId[]) => boolean): string[] {
  const { members } = quorums;
  const sets = Array.from({ length: 1 << members.length }, (_, set) =>
    members.filter((__, place) => (set & (1 << place)) !== 0));
  return sets.filter((set) => isQuorum(quorums, set)
    && set.every((node) => !isQuorum(quorums, set.filter((other) => other !== node))))
    .map((set) => set.map((node) => node + 1).join(''))
    .sort((a, b) => (a < b ? -1 : 1));
}

describe('quorums', () => {
  it('are majorities, whichever the members', () => {
    const quorums = quorumsOf(counted, nodes(2, 4, 5));
    for (const isQuorum of [isPrepareQuorum, isAcceptQuorum]) {
      expect(smallest(quorums, isQuorum)).toEqual(['24', '25', '45']);
      expect(isQuorum(quorums, nodes(1, 3, 4))).toBe(false);
    }
  });

  it('are as many as the options say, and no more than there are members', () => {
    const settings = { ...counted, prepareQuorum: 3, acceptQuorum: 2 };
    expect(smallest(quorumsOf(settings, upTo(4)), isPrepareQuorum)).toEqual(['123', '124', '134', '234']);
    expect(smallest(quorumsOf(settings, upTo(3)), isAcceptQuorum)).toEqual(['12', '13', '23']);
    expect(smallest(quorumsOf(settings, upTo(1)), isPrepareQuorum)).toEqual(['1']);
  });

  it('of a grid are its rows to prepare, and its columns to accept', () => {
    const quorums = quorumsOf(grid, upTo(6));
    expect(smallest(quorums, isPrepareQuorum)).toEqual(['123', '456']);
    expect(smallest(quorums, isAcceptQuorum)).toEqual(['14', '25', '36']);
    const narrow = quorumsOf({ ...grid, gridColumns: 2 }, upTo(6));
    expect(smallest(narrow, isPrepareQuorum)).toEqual(['12', '34', '56']);
    expect(smallest(narrow, isAcceptQuorum)).toEqual(['135', '246']);
  });

  it('of a grid with members left over have these in the last row', () => {
    const quorums = quorumsOf(grid, upTo(5));
    expect(smallest(quorums, isPrepareQuorum)).toEqual(['12', '345']);
    expect(smallest(quorums, isAcceptQuorum)).toEqual(['135', '24']);
  });

  it('of both phases meet, in a grid of any size and shape, and when more are counted than there are members', () => {
    for (let size = 1; size <= 12; size++) {
      for (let gridColumns = 0; gridColumns <= size + 1; gridColumns++) {
        expect(quorumsApart(quorumsOf({ ...grid, gridColumns }, upTo(size)))).toBeNull();
      }
      expect(quorumsApart(quorumsOf(counted, upTo(size)))).toBeNull();
      for (let acceptQuorum = 1; acceptQuorum <= size; acceptQuorum++) {
        const enough = { ...counted, prepareQuorum: size + 1 - acceptQuorum, acceptQuorum };
        expect(quorumsApart(quorumsOf(enough, upTo(size)))).toBeNull();
        if (enough.prepareQuorum === 1) continue;
        const one = { ...enough, prepareQuorum: enough.prepareQuorum - 1 };
        expect(quorumsApart(quorumsOf(one, upTo(size)))).not.toBeNull();
      }
    }
    const many = { ...counted, prepareQuorum: 10, acceptQuorum: 4 };
    expect(quorumsApart(quorumsOf(many, upTo(13)))).toBeNull();
    expect(quorumsApart(quorumsOf(many, upTo(14)))).toEqual([upTo(10), nodes(11, 12, 13, 14)]);
  });

  it('that are apart are named', () => {
    const quorums = quorumsOf(grid, upTo(5));
    if (quorums.kind !== 'grid') throw new Error('a grid is asked for');
    expect(quorumsApart({ ...quorums, rows: 3 })).toEqual([nodes(5), nodes(1, 2, 3, 4)]);
  });

  it('cannot prepare without whoever is in each of them', () => {
    const five = quorumsOf({ ...counted, prepareQuorum: 4, acceptQuorum: 2 }, upTo(5));
    expect(meetsEachPrepareQuorum(five, nodes(1))).toBe(false);
    expect(meetsEachPrepareQuorum(five, nodes(1, 2))).toBe(true);
    const six = quorumsOf(grid, upTo(6));
    expect(meetsEachPrepareQuorum(six, nodes(1, 2, 3))).toBe(false);
    expect(meetsEachPrepareQuorum(six, nodes(3, 4))).toBe(true);
  });
});
