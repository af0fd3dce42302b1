import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import { Stream } from '../../../src/kernel/rng.ts';
import {
  bridge, halves, isolate, majoritiesRing, minority, minorityWith, ring, separate, type Pick, type Topology,
} from '../../../src/world/topology.ts';

fc.configureGlobal({ seed: 20_140_401, numRuns: 300 });

const cluster = (size: number): NodeId[] => Array.from({ length: size }, (_, index) => nodeId(index));
const picking = (seed: number): Pick => {
  const stream = new Stream(String(seed), 'pick');
  return (bound) => stream.between(0, bound - 1);
};
/** What each node can still hear, itself included. */
function heard(size: number, { grudge }: Topology): Set<number>[] {
  const sets = cluster(size).map(() => new Set<number>(cluster(size)));
  for (const [from, to] of grudge) sets[to]?.delete(from);
  return sets;
}
const sizes = fc.integer({ min: 2, max: 9 });
const seeds = fc.nat();
const isSymmetric = ({ grudge }: Topology): boolean =>
  grudge.every(([from, to]) => grudge.some(([a, b]) => a === to && b === from));
const groupSizes = ({ groups }: Topology): number[] => groups.map((group) => group.length).sort((a, b) => a - b);

describe('a topology', () => {
  test.prop([sizes, seeds])('is symmetric, and nobody refuses itself', (size, seed) => {
    const nodes = cluster(size);
    for (const shape of [halves, minority, bridge, ring, majoritiesRing]) {
      const topology = shape(nodes, picking(seed));
      expect(isSymmetric(topology)).toBe(true);
      expect(topology.grudge.filter(([from, to]) => from === to)).toEqual([]);
      expect(topology.groups.flat().sort((a, b) => a - b)).toEqual(nodes);
    }
  });

  test.prop([sizes, seeds])('halves: each node hears its half, and halves differ by one at most', (size, seed) => {
    const topology = halves(cluster(size), picking(seed));
    expect(groupSizes(topology)).toEqual([Math.floor(size / 2), Math.ceil(size / 2)]);
    for (const group of topology.groups) {
      for (const node of group) expect(heard(size, topology)[node]).toEqual(new Set(group));
    }
  });

  test.prop([fc.integer({ min: 3, max: 9 }), seeds])('minority: the rest is a majority', (size, seed) => {
    const [few = 0, many = 0] = groupSizes(minority(cluster(size), picking(seed)));
    expect(few).toBeGreaterThan(0);
    expect(many * 2).toBeGreaterThan(size);
  });

  test.prop([fc.integer({ min: 3, max: 9 }), seeds])('minority with a member: it is among the few', (size, seed) => {
    const member = nodeId(seed % size);
    const topology = minorityWith(member, cluster(size), picking(seed));
    expect(topology.groups[0]).toContain(member);
    expect((topology.groups[0]?.length ?? 0) * 2).toBeLessThan(size);
  });

  test.prop([fc.integer({ min: 3, max: 9 }), seeds])('bridge: only one node hears everybody', (size, seed) => {
    const topology = bridge(cluster(size), picking(seed));
    const whole = heard(size, topology).flatMap((set, node) => (set.size === size ? [node] : []));
    expect(whole).toEqual(topology.groups[1]);
  });

  test.prop([fc.integer({ min: 4, max: 9 }), seeds])('ring: two neighbours each, all connected', (size, seed) => {
    const topology = ring(cluster(size), picking(seed));
    const sets = heard(size, topology);
    expect(sets.map((set) => set.size)).toEqual(sets.map(() => 3));
    const reached = new Set([0]);
    for (const node of reached) for (const next of sets[node] ?? []) reached.add(next); // Grows while it is walked.
    expect(reached.size).toBe(size);
  });

  test.prop([fc.integer({ min: 3, max: 9 }), seeds])('majorities ring: majorities, no two the same', (size, seed) => {
    const sets = heard(size, majoritiesRing(cluster(size), picking(seed)));
    for (const set of sets) expect(set.size * 2).toBeGreaterThan(size);
    expect(new Set(sets.map((set) => [...set].join())).size).toBe(size);
  });

  it('groups: nodes that no group names reach everybody', () => {
    const topology = separate([[nodeId(0)], [nodeId(1), nodeId(2)]]);
    expect(heard(4, topology).map((set) => [...set])).toEqual([[0, 3], [1, 2, 3], [1, 2, 3], [0, 1, 2, 3]]);
  });

  it('isolate: one against all others, several each by itself, a client against all nodes', () => {
    const [a, b, c, client] = cluster(4) as [NodeId, NodeId, NodeId, NodeId];
    expect(isolate([b], [a, b, c]).groups).toEqual([[b], [a, c]]);
    expect(isolate([a, b], [a, b, c]).groups).toEqual([[a], [b], [c]]);
    expect(isolate([client], [a, b, c]).groups).toEqual([[client], [a, b, c]]);
  });

  it('of one node cuts nothing', () => {
    for (const shape of [halves, minority, bridge, ring, majoritiesRing]) {
      expect(shape(cluster(1), picking(1)).grudge).toEqual([]);
    }
  });

  it('is drawn: every node comes to be the minority', () => {
    const alone = Array.from({ length: 100 }, (_, seed) => minority(cluster(3), picking(seed)).groups[0]?.[0]);
    expect(new Set(alone).size).toBe(3);
  });
});
