import { connect, type Socket } from 'node:net';
import type {
  CreateMode, ErrorCode, MultiErrorCode, Op, WatchEventType, WriteOp,
} from '../../src/protocols/zookeeper/messages.ts';
import type {
  DrivenSession, Heard, HeardResult, HeardStat, Hello, Received, WatchedPaths,
} from '../support/zookeeper/heard.ts';
import { JuteReader, JuteWriter } from './jute.ts';

/** Numbers of ZooKeeper's protocol, as its ZooDefs, Code, CreateMode and EventType have them. */
const TYPES = {
  'delete': 2, 'exists': 3, 'get': 4, 'set': 5, 'sync': 9, 'children': 12, 'check': 13, 'multi': 14, 'create': 15,
  'remove-watches': 18, 'add-watch': 106, 'close': -11,
} as const;
const SET_WATCHES = 101;
const SET_WATCHES_2 = 105;
const WATCH_MODES = { 'persistent': 0, 'persistent-recursive': 1 } as const;
const WATCHER_TYPES = { children: 1, data: 2, any: 3 } as const;
const CREATE_OF_OLD = 1;
const ERROR = -1;
const FLAGS: Readonly<Record<CreateMode, number>> = {
  'persistent': 0, 'ephemeral': 1, 'persistent-sequential': 2, 'ephemeral-sequential': 3,
};
const ERRORS: Readonly<Record<number, MultiErrorCode>> = {
  [0]: 'Ok', [-2]: 'RuntimeInconsistency', [-8]: 'BadArguments', [-101]: 'NoNode', [-103]: 'BadVersion',
  [-108]: 'NoChildrenForEphemerals', [-110]: 'NodeExists', [-111]: 'NotEmpty', [-112]: 'SessionExpired',
  [-118]: 'SessionMoved', [-121]: 'NoWatcher',
};
const EVENTS: readonly (WatchEventType | null)[] =
  [null, 'NodeCreated', 'NodeDeleted', 'NodeDataChanged', 'NodeChildrenChanged'];
const EVENT_XID = -1;
const SET_WATCHES_XID = -8;
const ALL_PERMISSIONS = 31;
const PASSWORD_BYTES = 16;

/** Who waits until so many replies have come. */
interface Waiting {
  readonly replies: number;
  readonly resolve: (heard: readonly Heard[]) => void;
}

/**
 * One connection of a session of a real ZooKeeper. Client libraries hide what is compared here: whether an event came
 * before or behind a reply, what each operation of a failed multi came to, and what a server says to who comes back.
 */
export class ZooKeeperSession implements DrivenSession {
  session = '0';
  password = '';
  timeoutMs = 0;
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private xid = 0;
  private readonly asked: { readonly xid: number; readonly op: Op['op'] }[] = [];
  private heard: Heard[] = [];
  private waiting: Waiting | null = null;
  private onReceived: ((received: Received) => void) | null;

  private constructor(socket: Socket, onReceived: (received: Received) => void) {
    this.socket = socket;
    this.onReceived = onReceived;
    socket.on('data', (bytes) => this.onData(bytes));
    socket.on('error', () => undefined); // 'close' follows.
    socket.on('close', () => this.onClose());
  }

  /** Comes to a server of the loopback address; it answers `closed` if nobody listens, or serves. */
  static connect(port: number, { session, password, lastZxid, timeoutMs }: Hello): Promise<Received> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      new ZooKeeperSession(socket, resolve);
      const bytes = Buffer.concat([Buffer.from(password, 'hex'), Buffer.alloc(PASSWORD_BYTES)], PASSWORD_BYTES);
      const hello = new JuteWriter().int(0).long(BigInt(lastZxid)).int(timeoutMs).long(BigInt(session)).buffer(bytes);
      socket.write(hello.bool(false).frame());
    });
  }

  ask(ops: readonly Op[]): Promise<readonly Heard[]> {
    this.heard = this.heard.filter(({ kind }) => kind === 'event'); // Who had not waited does not hear of it.
    const frames = ops.map((op) => {
      this.xid += 1;
      this.asked.push({ xid: this.xid, op: op.op });
      const request = new JuteWriter().int(this.xid).int(TYPES[op.op]);
      writeOp(request, op);
      return request.frame();
    });
    return new Promise((resolve) => {
      this.waiting = { replies: ops.length, resolve };
      if (this.socket.destroyed) this.answerAsClosed();
      else this.socket.write(Buffer.concat(frames));
    });
  }

  watchAgain(relativeZxid: string, watched: WatchedPaths): void {
    const { data, exists, children, persistent, persistentRecursive } = watched;
    const isOfOld = persistent.length + persistentRecursive.length === 0;
    const type = isOfOld ? SET_WATCHES : SET_WATCHES_2;
    const request = new JuteWriter().int(SET_WATCHES_XID).int(type).long(BigInt(relativeZxid));
    request.texts(data).texts(exists).texts(children);
    if (!isOfOld) request.texts(persistent).texts(persistentRecursive);
    this.socket.write(request.frame());
  }

  leave(): void {
    this.socket.destroy();
  }

  private onData(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    while (this.received.length >= 4) {
      const end = 4 + this.received.readInt32BE(0);
      if (this.received.length < end) return;
      this.onFrame(new JuteReader(this.received.subarray(4, end)));
      this.received = this.received.subarray(end);
    }
  }

  private onFrame(frame: JuteReader): void {
    if (this.onReceived !== null) return this.onWelcome(frame, this.onReceived);
    const xid = frame.int();
    const zxid = String(frame.long());
    const error = frame.int();
    if (xid === SET_WATCHES_XID) return;
    if (xid === EVENT_XID) this.heard.push(readEvent(frame));
    else {
      const asked = this.asked.shift();
      if (asked?.xid !== xid) throw new Error(`an answer to ${xid}, and not to ${asked?.xid}`);
      const { op } = asked;
      this.heard.push({ kind: 'reply', zxid, result: error === 0 ? readResult(frame, op) : failure(error) });
    }
    const replies = this.heard.filter(({ kind }) => kind === 'reply').length;
    if (this.waiting !== null && replies >= this.waiting.replies) this.answer();
  }

  private onWelcome(frame: JuteReader, onReceived: (received: Received) => void): void {
    frame.int();
    this.timeoutMs = frame.int();
    this.session = String(frame.long());
    this.password = frame.buffer().toString('hex');
    this.onReceived = null;
    onReceived(this.session === '0' ? 'over' : this);
  }

  private onClose(): void {
    this.onReceived?.('closed');
    this.answerAsClosed();
  }

  private answerAsClosed(): void {
    this.heard.push({ kind: 'closed' });
    this.answer();
  }

  /** With what was heard since the last time. */
  private answer(): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.resolve(this.heard.splice(0));
  }
}

// ── Requests ───────────────────────────────────────────────────────────

function writeOp(to: JuteWriter, op: Op): void {
  switch (op.op) {
    case 'create':
      to.text(op.path).text(op.data).int(1).int(ALL_PERMISSIONS).text('world').text('anyone').int(FLAGS[op.mode]);
      return;
    case 'delete': case 'check':
      to.text(op.path).int(op.version);
      return;
    case 'set':
      to.text(op.path).text(op.data).int(op.version);
      return;
    case 'get': case 'exists': case 'children':
      to.text(op.path).bool(op.watch);
      return;
    case 'sync':
      to.text(op.path);
      return;
    case 'add-watch':
      to.text(op.path).int(WATCH_MODES[op.mode]);
      return;
    case 'remove-watches':
      to.text(op.path).int(WATCHER_TYPES[op.type]);
      return;
    case 'multi':
      for (const one of op.ops) writePart(to, one);
      to.int(-1).bool(true).int(-1);
      return;
    case 'close':
  }
}

function writePart(to: JuteWriter, op: WriteOp): void {
  to.int(op.op === 'create' ? CREATE_OF_OLD : TYPES[op.op]).bool(false).int(-1);
  writeOp(to, op);
}

// ── Answers ────────────────────────────────────────────────────────────

function readEvent(frame: JuteReader): Heard {
  const type = EVENTS[frame.int()];
  frame.int(); // That we are connected.
  if (type === undefined || type === null) throw new Error('an event of no known type');
  return { kind: 'event', type, path: frame.text() };
}

function readResult(frame: JuteReader, op: Op['op']): HeardResult {
  switch (op) {
    case 'create': return { op, path: frame.text(), stat: readStat(frame) };
    case 'set': case 'exists': return { op, stat: readStat(frame) };
    case 'get': return { op, data: frame.text(), stat: readStat(frame) };
    case 'children': return { op, children: frame.texts().sort(), stat: readStat(frame) };
    case 'multi': return readMulti(frame);
    default: return { op };
  }
}

function readMulti(frame: JuteReader): HeardResult {
  const results: HeardResult[] = [];
  const words: MultiErrorCode[] = [];
  for (;;) {
    const type = frame.int();
    const isEnd = frame.bool();
    frame.int();
    if (isEnd) break;
    if (type === ERROR) words.push(errorOf(frame.int()));
    else if (type === CREATE_OF_OLD) results.push({ op: 'create', path: frame.text(), stat: null });
    else if (type === TYPES.set) results.push({ op: 'set', stat: readStat(frame) });
    else if (type === TYPES.delete) results.push({ op: 'delete' });
    else if (type === TYPES.check) results.push({ op: 'check' });
    else throw new Error(`a part of a multi of no known type: ${type}`);
  }
  const error = words.find((word): word is ErrorCode => word !== 'Ok');
  return error === undefined ? { op: 'multi', results } : { op: 'error', error, results: words };
}

function failure(error: number): HeardResult {
  return { op: 'error', error: errorOf(error) as ErrorCode, results: [] };
}

function errorOf(error: number): MultiErrorCode {
  const code = ERRORS[error];
  if (code === undefined) throw new Error(`an error of no known code: ${error}`);
  return code;
}

function readStat(frame: JuteReader): HeardStat {
  const [czxid, mzxid] = [String(frame.long()), String(frame.long())];
  frame.long(); // Wall clocks.
  frame.long();
  const [version, cversion, aversion] = [frame.int(), frame.int(), frame.int()];
  const ephemeralOwner = String(frame.long());
  const [dataLength, numChildren] = [frame.int(), frame.int()];
  const pzxid = String(frame.long());
  return { czxid, mzxid, pzxid, version, cversion, aversion, ephemeralOwner, dataLength, numChildren };
}
