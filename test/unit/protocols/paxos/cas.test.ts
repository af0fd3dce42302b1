import { describe, expect, it } from 'vitest';
import { paxosCas } from '../../../../src/protocols/paxos/module.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import { c1, c2, c3, Hand, n1, n2, n3 } from '../../../support/paxos/hand.ts';

/** Until nothing moves among these nodes and nobody waits to try again. */
function calm(nodes: Hand, ...among: readonly NodeId[]): void {
  nodes.settle(...among);
  const waiting = among.filter((node) => nodes.timersOf(node).includes('back-off/k'));
  for (const node of waiting) nodes.fire(node, 'back-off/k');
  if (waiting.length > 0) calm(nodes, ...among);
}

describe('compare-and-set registers on the acceptors of Paxos', () => {
  it('change by compares that hold, and refuse the others with what they hold', () => {
    const nodes = new Hand({ module: paxosCas, size: 3 });
    nodes.ask(c1, n1, 'cas', [null, 5]);
    calm(nodes, n1, n2, n3);
    nodes.ask(c2, n2, 'cas', [null, 6]);
    calm(nodes, n1, n2, n3);
    nodes.ask(c2, n3, 'cas', [5, 6], 2);
    calm(nodes, n1, n2, n3);
    expect(nodes.answers()).toEqual(['c1 ok [null,5]', 'c2 refused 5', 'c2 ok [5,6]']);
    expect(nodes.breaches).toEqual([]);
  });

  // Found under the swarm profile, seed 30: a compare was told to have failed, and a copy of it succeeded later.
  it('answer a copy of a refused compare as it was answered, whatever they hold by then', () => {
    const nodes = new Hand({ module: paxosCas, size: 3 });
    nodes.ask(c1, n1, 'write', 5);
    calm(nodes, n1, n2, n3);
    nodes.ask(c2, n1, 'cas', [null, 6]);
    calm(nodes, n1, n2, n3);
    nodes.ask(c1, n1, 'delete', null, 2);
    calm(nodes, n1, n2, n3);
    nodes.ask(c2, n2, 'cas', [null, 6]);
    calm(nodes, n1, n2, n3);
    nodes.ask(c3, n3, 'read', null);
    calm(nodes, n1, n2, n3);
    expect(nodes.answers()).toEqual(['c1 ok 5', 'c2 refused 5', 'c1 ok null', 'c2 refused 5', 'c3 ok null']);
  });

  it('finish what a read finds in progress, so that no later read sees less', () => {
    const nodes = new Hand({ module: paxosCas, size: 3 });
    calm(nodes, n1, n2, n3);
    nodes.ask(c1, n1, 'write', 5);
    nodes.sync();
    nodes.deliver('Prepare');
    nodes.sync();
    nodes.deliver('Promised');
    nodes.deliver('Accept', [n1], [n2]);
    nodes.sync();
    nodes.crash(n1, 'machine');
    nodes.take(null);
    nodes.ask(c2, n2, 'read', null);
    calm(nodes, n2, n3);
    expect(nodes.answers()).toEqual(['c2 ok 5']);
    nodes.crash(n2, 'machine');
    nodes.restart(n1);
    nodes.ask(c3, n3, 'read', null);
    calm(nodes, n1, n3);
    expect(nodes.answers()).toEqual(['c3 ok 5']);
    expect(nodes.breaches).toEqual([]);
  });

  it('do not answer a read with what was promised before it came', () => {
    const nodes = new Hand({ module: paxosCas, size: 3 });
    calm(nodes, n1, n2, n3);
    nodes.ask(c1, n1, 'read', null);
    nodes.sync();
    nodes.deliver('Prepare', [n1], [n1, n2]);
    nodes.sync();
    // Meanwhile 6 is chosen, and c3 knows of it when it asks n1.
    nodes.ask(c2, n2, 'write', 6);
    calm(nodes, n2, n3);
    expect(nodes.answers()).toEqual(['c2 ok 6']);
    nodes.take('Commit');
    nodes.ask(c3, n1, 'read', null);
    nodes.deliver('Promised', [n1, n2], [n1]);
    nodes.sync();
    expect(nodes.answers()).toEqual(['c1 ok null']);
    calm(nodes, n1, n2, n3);
    expect(nodes.answers()).toEqual(['c3 ok 6']);
    expect(nodes.breaches).toEqual([]);
  });
});
