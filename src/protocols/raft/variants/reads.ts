import type { ClientRequest } from '../../../contract/client.ts';
import type { Context } from '../../../contract/context.ts';
import type { Variant } from '../../../contract/variant.ts';
import type { RaftAnswer } from '../messages.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-20: a leader answers reads from what it has applied. Whether it still leads, it does not ask. */
class LocalLeaderReads extends DefectiveRaft {
  override onRequest(ctx: Context, request: ClientRequest): void {
    const { role, machine, lastApplied } = this.state;
    const answer = role.kind === 'leader' ? this.machine.query(machine, request.command) : null;
    if (answer === null) return super.onRequest(ctx, request);
    this.fired(); // The reference puts each read into its log.
    ctx.reply(request, { kind: 'applied', result: answer.result, index: lastApplied } satisfies RaftAnswer);
  }
}

/** Defects of reads without an entry in the log. */
export const readVariants: readonly Variant[] = [
  {
    row: 'RF-20',
    id: 'raft/local-leader-reads',
    title: 'the leader answers reads from its own state, without asking a majority',
    breaks: 'Raft, §8: a leader must check whether it has been deposed before it answers a read',
    source: 'https://aphyr.com/posts/316-jepsen-etcd-and-consul',
    difficulty: 'E',
    firstCatcher: 'R20',
    in: 'node',
    create: (init, fired) => new LocalLeaderReads(init, fired),
  },
];
