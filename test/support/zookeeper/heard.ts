import type { Op, OpResult, SetWatches2, Stat, WatchEventType } from '../../../src/protocols/zookeeper/messages.ts';

/** What a session hears on its connection, in its order. Zxids and sessions are texts: each side has its own. */
export type Heard<S = HeardStat> =
  | { readonly kind: 'reply'; readonly zxid: string; readonly result: HeardResult<S> }
  | { readonly kind: 'event'; readonly type: WatchEventType; readonly path: string }
  /** The server has closed the connection: nothing more is heard on it. */
  | { readonly kind: 'closed' };

export type HeardStat = Omit<Stat, 'czxid' | 'mzxid' | 'pzxid' | 'ephemeralOwner'> & {
  readonly czxid: string; readonly mzxid: string; readonly pzxid: string; readonly ephemeralOwner: string;
};

/** An {@link OpResult}; a server tells no stat of what a `multi` has created. */
export type HeardResult<S = HeardStat> = (
  | { readonly op: 'create'; readonly path: string; readonly stat: S | null }
  | { readonly op: 'multi'; readonly results: readonly HeardResult<S>[] }
  | { readonly op: 'set' | 'exists'; readonly stat: S }
  | { readonly op: 'get'; readonly data: string; readonly stat: S }
  | { readonly op: 'children'; readonly children: readonly string[]; readonly stat: S }
  | Extract<OpResult, { op: 'delete' | 'check' | 'sync' | 'add-watch' | 'remove-watches' | 'close' | 'error' }>
);

/** What the client of a session says to the server that it comes to. */
export interface Hello {
  /** Its id, as stats tell it; '0': a new one. */
  readonly session: string;
  readonly password: string;
  readonly lastZxid: string;
  readonly timeoutMs: number;
}

/** The watches that a client had, for the server that it has come to. */
export type WatchedPaths = Omit<SetWatches2, 'kind' | 'relativeZxid'>;

/** One connection of a client that says what it is told to, at a real service or a simulated one. */
export interface DrivenSession extends Omit<Hello, 'lastZxid'> {
  /** Sends all at once. What was heard until the last of them was answered, or the connection was closed. */
  ask(ops: readonly Op[]): Promise<readonly Heard[]>;
  /** Watches once more what it has watched. What has changed since that zxid is heard with the next answer. */
  watchAgain(relativeZxid: string, watched: WatchedPaths): void;
  /** Closes the connection, without a word: the session goes on. */
  leave(): void;
}

/** How a client is received: `over`: there is no such session; `closed`: without a word. */
export type Received = DrivenSession | 'over' | 'closed';

/** Three servers and who speaks to them. */
export interface DrivenService {
  /** Comes to one of the servers, the first of which leads. */
  connect(server: number, hello: Hello): Promise<Received>;
  pause(ms: number): Promise<void>;
  stop(): Promise<void>;
}

const WRITES: readonly Op['op'][] = ['create', 'delete', 'set', 'multi', 'close'];

/**
 * Tells what was heard in words that both sides have: a zxid is the number of the write that was answered with it, a
 * session the number in which it began.
 */
export class Names {
  private readonly zxids = new Map<string, number>();
  /** Of all writes, in their order. */
  private readonly writes: bigint[] = [];
  private readonly sessions = new Map<string, string>();

  onBegun({ session }: DrivenSession): void {
    this.sessions.set(session, `session ${this.sessions.size + 1}`);
  }

  /** `ops`: what was asked, in the order of the replies among `heard`. */
  told(ops: readonly Op[], heard: readonly Heard[]): unknown[] {
    const replies = heard.filter((one): one is Extract<Heard, { kind: 'reply' }> => one.kind === 'reply');
    replies.forEach(({ zxid }, at) => {
      const op = ops[at]?.op;
      if (op === undefined || !WRITES.includes(op)) return;
      this.writes.push(BigInt(zxid));
      this.zxids.set(zxid, this.writes.length);
    });
    return heard.map((one) => one.kind !== 'reply' ? one :
      { ...one, zxid: this.lastUpTo(one.zxid), result: this.result(one.result) });
  }

  /** Whether a server that answers this has come as far as all writes that were told. */
  isUpToDate(heard: readonly Heard[]): boolean {
    const last = heard.at(-1);
    return last?.kind === 'reply' && BigInt(last.zxid) >= (this.writes.at(-1) ?? 0n);
  }

  /** Of the write that was told so many before the last one; of none, if there were fewer. */
  zxidOfWrite(back: number): string {
    return String(this.writes.at(-1 - back) ?? 0n);
  }

  private result(result: HeardResult): unknown {
    if (result.op === 'multi') return { ...result, results: result.results.map((one) => this.ofMulti(one)) };
    return 'stat' in result && result.stat !== null ? { ...result, stat: this.stat(result.stat) } : result;
  }

  private ofMulti(result: HeardResult): unknown {
    return result.op === 'create' ? { op: 'create', path: result.path } : this.result(result);
  }

  private stat(stat: HeardStat): unknown {
    const [czxid, mzxid, pzxid] = [stat.czxid, stat.mzxid, stat.pzxid].map((zxid) => this.zxid(zxid));
    return { ...stat, czxid, mzxid, pzxid, ephemeralOwner: this.sessions.get(stat.ephemeralOwner) ?? 'nobody' };
  }

  private zxid(zxid: string): string {
    const write = this.zxids.get(zxid);
    return write === undefined ? 'no write' : `write ${write}`;
  }

  /** The last write that a server had applied: what sessions begin and end with by themselves is no write. */
  private lastUpTo(zxid: string): string {
    let writes = this.writes.length;
    while (writes > 0 && (this.writes[writes - 1] as bigint) > BigInt(zxid)) writes -= 1;
    return `write ${writes}`;
  }
}
