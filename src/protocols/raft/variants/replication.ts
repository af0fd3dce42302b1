import type { Variant } from '../../../contract/variant.ts';
import { lastIndex } from '../log.ts';
import type { LogEntry } from '../messages.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-13: what a message does not show is cut off. */
class TruncateAlways extends DefectiveRaft {
  protected override firstConflict(prevLogIndex: number, entries: readonly LogEntry[]): number | null {
    const { log } = this.state.durable;
    const next = Math.max(prevLogIndex, log.baseIndex) + 1;
    const isLonger = next <= lastIndex(log);
    return this.instead(isLonger ? next : null, super.firstConflict(prevLogIndex, entries));
  }
}

/** Defects of how a log gets to every server, and of what is committed. */
export const replicationVariants: readonly Variant[] = [
  {
    row: 'RF-13',
    id: 'raft/truncate-always',
    title: 'every AppendEntries cuts the log after the entry before it',
    breaks: 'Raft, Figure 2, AppendEntries receiver rule 3: only a conflicting entry and those after it are deleted',
    source: 'https://github.com/zhebrak/raftos/issues/26',
    difficulty: 'E',
    firstCatcher: 'R6',
    in: 'node',
    create: (init, fired) => new TruncateAlways(init, fired),
  },
];
