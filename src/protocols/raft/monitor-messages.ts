import type { ClientRequest, ClientResponse } from '../../contract/client.ts';
import type { DiskView } from '../../contract/disk.ts';
import type { SessionCommand } from '../../contract/session.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { compactedOnDisk, durableTermAt, durableTermOf, endOfDurable, termOf } from './ghost.ts';
import * as invariants from './invariants.ts';
import type { RaftAnswer } from './messages.ts';
import { VOTE_FILE, type VoteRecord } from './state.ts';
import type { Watch } from './watch.ts';

/** A read that a client waits for. */
interface OpenRead {
  readonly session: number;
  readonly sequence: number;
  /** How much was committed when the client sent it first. */
  readonly fence: number;
  readonly attempts: number[];
}

/** What messages promise and say: R9, R20. */
export class MessageMonitor {
  private readonly watch: Watch;
  /** By NodeId of the client. What it says to be answered, or has asked in another session, it waits for no more. */
  private readonly reads: (OpenRead[] | undefined)[] = [];

  constructor(watch: Watch) {
    this.watch = watch;
  }

  // ── Promises ─────────────────────────────────────────────────────────

  /** Any message promises that its sender will never be in a lower term again. */
  onTerm(from: NodeId, term: number, synced: DiskView): void {
    const ghost = this.watch.ghostOf(from);
    if (term > ghost.attestedTerm) ghost.attestedTerm = term;
    if (term <= ghost.durableTerm) return;
    ghost.durableTerm = durableTermOf(synced);
    if (term <= ghost.durableTerm) return;
    const text = `${this.watch.name(from)} sends term ${term}, but only term ${ghost.durableTerm} is on its disk`;
    this.watch.breach(invariants.promisesAreDurable, text);
  }

  onVote(voter: NodeId, candidate: NodeId, term: number, synced: DiskView): void {
    const vote = synced.cell(VOTE_FILE) as VoteRecord | undefined;
    if (durableTermOf(synced) > term || (vote?.currentTerm === term && vote.votedFor === candidate)) return;
    const text = `${this.watch.name(voter)} votes for ${this.watch.name(candidate)} in term ${term}, ` +
      'but has not stored it';
    this.watch.breach(invariants.promisesAreDurable, text);
  }

  /** A follower says that it holds all up to an index, as entries or in a snapshot. */
  onAcknowledged(from: NodeId, term: number, index: number, synced: DiskView): void {
    const ghost = this.watch.ghostOf(from);
    if (index <= ghost.durableIndex) return;
    const heldTerm = durableTermAt(synced, index);
    if (heldTerm !== undefined && heldTerm === termOf(ghost, index)) {
      ghost.durableIndex = index;
      return;
    }
    if (index <= compactedOnDisk(synced)) return;
    // While the reply waited for its sync, a leader of a higher term may have replaced entries: in memory, where the
    // disk still has what is acknowledged, or on the disk as well. Whoever counts this reply can no longer win by it.
    // The cut may be on the disk before the term is: the two files are synced apart.
    const isReplaced = ghost.currentTerm > term && (heldTerm !== undefined || ghost.cutFrom <= index);
    if (isReplaced || durableTermOf(synced) > term) return;
    const text = `${this.watch.name(from)} acknowledges the entries up to ${index}, ` +
      `but its disk holds ${endOfDurable(synced)} entries` + (heldTerm === undefined ? '' : ' and another one there');
    this.watch.breach(invariants.promisesAreDurable, text);
  }

  // ── Reads ────────────────────────────────────────────────────────────

  onClientRequest({ client, id, command: sent }: ClientRequest): void {
    const command = sent as unknown as SessionCommand;
    if (command.kind !== 'execute') return;
    const { session, sequence, acknowledged } = command;
    const open = this.reads[client] ??= [];
    let kept = 0;
    let isRetry = false;
    for (let at = 0; at < open.length; at++) {
      const read = open[at] as OpenRead;
      if (read.session !== session || read.sequence < acknowledged) continue;
      open[kept] = read;
      kept += 1;
      if (read.sequence !== sequence) continue;
      read.attempts.push(id);
      isRetry = true;
    }
    // Not by `length`: an array that is emptied so loses its room.
    while (open.length > kept) open.pop();
    if (isRetry || command.operation.f !== 'read') return;
    open.push({ session, sequence, fence: this.watch.ledger.committedEnd, attempts: [id] });
  }

  onClientResponse(from: NodeId, client: NodeId, response: ClientResponse): void {
    const answer = response.body as unknown as RaftAnswer;
    const open = this.reads[client];
    if (open === undefined || answer.kind !== 'applied') return;
    for (const { fence, attempts } of open) {
      if (answer.index >= fence || !attempts.includes(response.id)) continue;
      const { watch } = this;
      const text = `${watch.name(from)} answers a read of ${watch.name(client)} as of index ${answer.index}, ` +
        `but index ${fence} was committed before the client asked`;
      watch.breach(invariants.readFence, text);
    }
  }
}
