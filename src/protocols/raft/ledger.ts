import type { CommandId } from '../../contract/state-machine.ts';
import type { Configuration, ConfigurationAt } from './configuration.ts';
import type { LogEntry } from './messages.ts';

/**
 * What is known of so many indices of the log in a row, whichever node has shown it. In columns, because an object for
 * each index lives just long enough for a collector of garbage to copy it twice.
 */
interface Chunk {
  /** The entries that were ever put there, one for each term. */
  readonly vertices: (Vertex | null)[];
  /** The one that was committed, as it was when any node first learned of it. */
  readonly committed: (LogEntry | null)[];
  /** Digests of the state machine and of its sessions after it; `UNKNOWN` where no node has stopped yet. */
  readonly digests: Float64Array;
  readonly sessionsDigests: Float64Array;
  /** What was executed there; `null` for nothing yet. */
  readonly executed: (CommandId | null)[];
}

/** An entry, as a vertex of the tree that all logs are paths of. */
interface Vertex {
  readonly entry: LogEntry;
  /** Term of the entry before it; `UNKNOWN` where that was compacted. */
  readonly prevTerm: number;
  /** Another entry with the same index. */
  next: Vertex | null;
}

/** A leader's term, and how much was committed when that term had committed last. */
interface Era {
  readonly term: number;
  end: number;
}

export const UNKNOWN = -1;

/** Indices are kept and forgotten in chunks of so many. */
const CHUNK_BITS = 8;
const CHUNK_SIZE = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_SIZE - 1;
/** Chunks that are kept below what any log holds, for what is on its way still. */
const SPARE_CHUNKS = 2;

/** Whether two entries say the same. In a run they are one object. */
export function isSameEntry(a: LogEntry | null | undefined, b: LogEntry | null | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/**
 * What logs have held and what was committed, by index. Places that no log holds any more are forgotten, so that a run
 * whose logs are compacted can be as long as it likes: who asks for such a place is told that nothing is known of it.
 */
export class Ledger {
  /** How much was ever known to be committed. */
  committedEnd = 0;
  /** The configuration that the cluster began with, and those committed since; ascending. */
  readonly configurations: ConfigurationAt[] = [];
  /** Up to here nothing is known any more. */
  forgottenEnd = -1;
  private readonly chunks: (Chunk | null)[] = [];
  private firstChunk = 0;
  private readonly eras: Era[] = [];
  private readonly executions: Uint32Array[] = [];

  // ── Places ───────────────────────────────────────────────────────────

  /** The entry that was committed at an index; `null` where none was, `undefined` where nothing is remembered. */
  committedAt(index: number): LogEntry | null | undefined {
    return this.chunks[index >> CHUNK_BITS]?.committed[index & CHUNK_MASK];
  }

  /** Digest of the state machine after an index; `UNKNOWN` where no node has stopped. */
  digestAt(index: number): number {
    return this.chunks[index >> CHUNK_BITS]?.digests[index & CHUNK_MASK] ?? UNKNOWN;
  }

  /** Whether nobody has shown anything of an index. */
  isBlank(index: number): boolean {
    const chunk = this.chunks[index >> CHUNK_BITS] ?? null;
    const place = index & CHUNK_MASK;
    return chunk === null || (chunk.vertices[place] === null && chunk.committed[place] === null &&
      chunk.digests[place] === UNKNOWN && chunk.executed[place] === null);
  }

  private open(index: number): Chunk {
    return this.chunks[index >> CHUNK_BITS] ?? this.openChunk(index >> CHUNK_BITS);
  }

  private openChunk(number: number): Chunk {
    while (this.chunks.length <= number) this.chunks.push(null);
    const chunk = newChunk();
    this.chunks[number] = chunk;
    return chunk;
  }

  /** Forgets each chunk that lies below all of these. The last place before them is as far back as anybody can ask. */
  forgetBelow(index: number): void {
    const last = Math.min((index >> CHUNK_BITS) - SPARE_CHUNKS, this.chunks.length);
    for (; this.firstChunk < last; this.firstChunk++) this.chunks[this.firstChunk] = null;
    this.forgottenEnd = (this.firstChunk << CHUNK_BITS) - 1;
    while (this.configurations.length > 1 && (this.configurations[1] as ConfigurationAt).index <= this.forgottenEnd) {
      this.configurations.shift();
    }
  }

  // ── Entries ──────────────────────────────────────────────────────────

  /** Adds an entry. `null` if it is new; otherwise whether it, and what comes before it, is what was known. */
  record(index: number, entry: LogEntry, prevTerm: number): boolean | null {
    if (index <= this.forgottenEnd) return true;
    const { vertices } = this.open(index);
    const first = vertices[index & CHUNK_MASK] as Vertex | null;
    let vertex = first;
    while (vertex !== null && vertex.entry !== entry && vertex.entry.term !== entry.term) vertex = vertex.next;
    if (vertex === null) {
      vertices[index & CHUNK_MASK] = { entry, prevTerm, next: first };
      return null;
    }
    const isSamePrev = vertex.prevTerm === prevTerm || prevTerm === UNKNOWN || vertex.prevTerm === UNKNOWN;
    return isSamePrev && isSameEntry(vertex.entry, entry);
  }

  /**
   * Term at `index` of the log that ends at `lastIndex` with `lastTerm`: 0 beyond its end, UNKNOWN where the way back
   * is forgotten. Walks back from there.
   */
  termAt(index: number, lastIndex: number, lastTerm: number): number {
    if (index > lastIndex) return 0;
    let term = lastTerm;
    for (let at = lastIndex; at > index; at--) {
      let vertex = this.chunks[at >> CHUNK_BITS]?.vertices[at & CHUNK_MASK] ?? null;
      while (vertex !== null && vertex.entry.term !== term) vertex = vertex.next;
      if (vertex === null) return UNKNOWN;
      term = vertex.prevTerm;
    }
    return term;
  }

  // ── What is committed ────────────────────────────────────────────────

  /** The next entry is committed, in a leader's term. */
  commit(entry: LogEntry, term: number): void {
    const index = this.committedEnd + 1;
    this.open(index).committed[index & CHUNK_MASK] = entry;
    this.committedEnd = index;
    if (entry.kind === 'configuration') this.configurations.push({ index, configuration: entry.configuration });
    const era = this.eras[this.eras.length - 1];
    if (era === undefined || era.term < term) this.eras.push({ term, end: index });
    else era.end = index;
  }

  /** Term of the entry committed at an index; `UNKNOWN` where none was, or is remembered. 0 before the first. */
  committedTerm(index: number): number {
    return index === 0 ? 0 : this.committedAt(index)?.term ?? UNKNOWN;
  }

  /** How many of the committed entries a leader of `term` must have had when it was elected, and by whose term. */
  requiredFor(term: number): Readonly<Era> {
    for (let at = this.eras.length - 1; at >= 0; at--) {
      const era = this.eras[at] as Era;
      if (era.term < term) return era;
    }
    return { term: 0, end: 0 };
  }

  /** Forgets the terms below one, but for the last of them. */
  forgetTermsBelow(term: number): void {
    let count = 0;
    while (count + 1 < this.eras.length && (this.eras[count + 1] as Era).term < term) count += 1;
    if (count > 0) this.eras.splice(0, count);
  }

  /** The configuration that was in force at an index by what is committed; `undefined` where that cannot be told. */
  configurationAt(index: number): Configuration | undefined {
    let at = this.configurations.length - 1;
    while (at >= 0 && (this.configurations[at] as ConfigurationAt).index > index) at -= 1;
    return this.configurations[at]?.configuration;
  }

  // ── What came of it ──────────────────────────────────────────────────

  /** Whether this entry was committed there and this was executed: a node that shows it shows nothing new. */
  isKnown(index: number, entry: LogEntry | undefined, executed: CommandId | null): boolean {
    const chunk = this.chunks[index >> CHUNK_BITS] ?? null;
    const place = index & CHUNK_MASK;
    return chunk !== null && chunk.committed[place] === entry &&
      (executed === null || chunk.executed[place] === executed);
  }

  /** Whether a node before was in this state after an index. */
  isKnownState(index: number, digest: number, sessionsDigest: number): boolean {
    const chunk = this.chunks[index >> CHUNK_BITS] ?? null;
    const place = index & CHUNK_MASK;
    return chunk !== null && chunk.digests[place] === digest && chunk.sessionsDigests[place] === sessionsDigest;
  }

  /** False if a node was in another state after the same index. */
  recordDigest(index: number, digest: number): boolean {
    if (index <= this.forgottenEnd) return true;
    return isFirstOrSame(this.open(index).digests, index & CHUNK_MASK, digest);
  }

  /** False if a node had another table of sessions after the same index. */
  recordSessions(index: number, digest: number): boolean {
    if (index <= this.forgottenEnd) return true;
    return isFirstOrSame(this.open(index).sessionsDigests, index & CHUNK_MASK, digest);
  }

  /** False if this command was executed at another index before. Remembers one bit of each command for ever. */
  recordExecution(command: CommandId, index: number): boolean {
    if (index <= this.forgottenEnd) return true;
    const column = this.open(index).executed;
    const executed = column[index & CHUNK_MASK] as CommandId | null;
    if (executed === command) return true;
    if (executed?.session === command.session && executed.sequence === command.sequence) return true;
    if (this.wasExecuted(command)) return false;
    this.execute(command);
    if (executed === null) column[index & CHUNK_MASK] = command;
    return true;
  }

  /** The index at which a command was executed; 0 where that is forgotten. Looks at all that is kept. */
  executedAt({ session, sequence }: CommandId): number {
    for (let index = this.forgottenEnd + 1; index <= this.committedEnd; index++) {
      const executed = this.chunks[index >> CHUNK_BITS]?.executed[index & CHUNK_MASK];
      if (executed?.session === session && executed.sequence === sequence) return index;
    }
    return 0;
  }

  private wasExecuted({ session, sequence }: CommandId): boolean {
    const word = this.executions[session]?.[sequence >>> 5] ?? 0;
    return (word & (1 << (sequence & 31))) !== 0;
  }

  private execute({ session, sequence }: CommandId): void {
    while (this.executions.length <= session) this.executions.push(NO_EXECUTIONS);
    let row = this.executions[session] as Uint32Array;
    const word = sequence >>> 5;
    if (word >= row.length) {
      const longer = new Uint32Array(Math.max(4, 2 * row.length, word + 1));
      longer.set(row);
      this.executions[session] = row = longer;
    }
    row[word] = (row[word] as number) | (1 << (sequence & 31));
  }
}

const NO_EXECUTIONS = new Uint32Array(0);

function newChunk(): Chunk {
  const vertices: (Vertex | null)[] = [];
  const committed: (LogEntry | null)[] = [];
  const executed: (CommandId | null)[] = [];
  for (let place = 0; place < CHUNK_SIZE; place++) {
    vertices.push(null);
    committed.push(null);
    executed.push(null);
  }
  const digests = new Float64Array(CHUNK_SIZE).fill(UNKNOWN);
  return { vertices, committed, digests, sessionsDigests: digests.slice(), executed };
}

/** Remembers the first digest at a place, and holds the others against it. */
function isFirstOrSame(digests: Float64Array, place: number, digest: number): boolean {
  const known = digests[place] as number;
  if (known === UNKNOWN) digests[place] = digest;
  return known === UNKNOWN || known === digest;
}
