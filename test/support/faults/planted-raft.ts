import type { Context, PersistTag } from '../../../src/contract/context.ts';
import { ForwardingContext } from '../../../src/contract/forwarding-context.ts';
import type { ProtocolModule } from '../../../src/contract/module.ts';
import type { NodeInit } from '../../../src/contract/node.ts';
import type { Fired } from '../../../src/contract/variant.ts';
import { raft } from '../../../src/protocols/raft/module.ts';
import { RaftNode } from '../../../src/protocols/raft/raft.ts';
import type { RaftState } from '../../../src/protocols/raft/state.ts';

/** Half of the servers are enough. */
class HalfIsEnough extends RaftNode {
  private readonly fired: Fired;

  constructor(init: NodeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  protected override quorumSize(voters: number): number {
    const half = Math.ceil(voters / 2);
    if (half !== super.quorumSize(voters)) this.fired();
    return half;
  }
}

/** A server that starts takes what it reads for what is on its disk. */
class TrustsItsCache extends RaftNode {
  private readonly fired: Fired;

  constructor(init: NodeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  override onStart(ctx: Context): void {
    super.onStart(new WithoutSync(ctx, this.fired));
  }
}

class WithoutSync extends ForwardingContext {
  private readonly fired: Fired;

  constructor(ctx: Context, fired: Fired) {
    super(ctx);
    this.fired = fired;
  }

  override persist(_tag?: PersistTag): void {
    this.fired();
  }
}

/** Raft, with two more defects than its catalogue has. */
export const plantedRaft: ProtocolModule<RaftState> = {
  ...raft,
  variants: [
    {
      row: 'PL-01',
      id: 'planted/half-is-enough',
      title: 'half of an even cluster is a quorum',
      breaks: 'Raft, §5.2: votes from a majority of the servers',
      source: 'https://github.com/hashicorp/raft/commit/163a55f',
      difficulty: 'E',
      firstCatcher: 'R16',
      in: 'node',
      create: (init, fired) => new HalfIsEnough(init, fired),
    },
    {
      row: 'PL-02',
      id: 'planted/trusts-its-cache',
      title: 'a server that restarts does not sync what it read from the cache',
      breaks: 'Raft, Figure 2: persistent state is on stable storage before the server answers',
      source: 'Raft, Figure 2',
      difficulty: 'H',
      firstCatcher: 'R9',
      in: 'node',
      create: (init, fired) => new TrustsItsCache(init, fired),
    },
  ],
};
