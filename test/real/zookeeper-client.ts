import { connect, type Socket } from 'node:net';
import type {
  CreateMode, ErrorCode, MultiErrorCode, Op, WatchEventType, WriteOp,
} from '../../src/protocols/zookeeper/messages.ts';
import type { DrivenSession, Heard, HeardResult, HeardStat } from '../support/zookeeper/heard.ts';
import { JuteReader, JuteWriter } from './jute.ts';

/** Numbers of ZooKeeper's protocol, as its ZooDefs, Code, CreateMode and EventType have them. */
const TYPES = {
  delete: 2, exists: 3, get: 4, set: 5, sync: 9, children: 12, check: 13, multi: 14, create: 15, close: -11,
} as const;
const CREATE_OF_OLD = 1;
const ERROR = -1;
const FLAGS: Readonly<Record<CreateMode, number>> = {
  'persistent': 0, 'ephemeral': 1, 'persistent-sequential': 2, 'ephemeral-sequential': 3,
};
const ERRORS: Readonly<Record<number, MultiErrorCode>> = {
  [0]: 'Ok', [-2]: 'RuntimeInconsistency', [-8]: 'BadArguments', [-101]: 'NoNode', [-103]: 'BadVersion',
  [-108]: 'NoChildrenForEphemerals', [-110]: 'NodeExists', [-111]: 'NotEmpty', [-112]: 'SessionExpired',
  [-118]: 'SessionMoved',
};
const EVENTS: readonly (WatchEventType | null)[] =
  [null, 'NodeCreated', 'NodeDeleted', 'NodeDataChanged', 'NodeChildrenChanged'];
const EVENT_XID = -1;
const ALL_PERMISSIONS = 31;
const PASSWORD_BYTES = 16;

/** Who waits until so many replies have come. */
interface Waiting {
  readonly replies: number;
  readonly resolve: (heard: readonly Heard[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One session of a real ZooKeeper, on one connection. Client libraries hide what is compared here: whether an event
 * came before or behind a reply, and what each operation of a failed multi came to.
 */
export class ZooKeeperSession implements DrivenSession {
  id = '0';
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private xid = 0;
  private readonly asked: Op['op'][] = [];
  private heard: Heard[] = [];
  private waiting: Waiting | null = null;
  private onBegun: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => this.onData(bytes));
    socket.on('error', () => undefined); // 'close' follows.
    socket.on('close', () => this.waiting?.reject(new Error('the server has closed the connection')));
  }

  /** Begins a session at a server of the loopback address. Rejects where nobody serves. */
  static begin(port: number, timeoutMs: number): Promise<ZooKeeperSession> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const session = new ZooKeeperSession(socket);
      session.onBegun = (): void => resolve(session);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the server does not serve')));
      socket.once('connect', () => {
        const hello = new JuteWriter().int(0).long(0n).int(timeoutMs).long(0n).buffer(Buffer.alloc(PASSWORD_BYTES));
        socket.write(hello.bool(false).frame());
      });
    });
  }

  ask(ops: readonly Op[]): Promise<readonly Heard[]> {
    this.heard = this.heard.filter(({ kind }) => kind === 'event'); // What has come meanwhile belongs to this.
    const frames = ops.map((op) => {
      this.xid += 1;
      this.asked.push(op.op);
      const request = new JuteWriter().int(this.xid).int(TYPES[op.op]);
      writeOp(request, op);
      return request.frame();
    });
    return new Promise((resolve, reject) => {
      this.waiting = { replies: ops.length, resolve, reject };
      this.socket.write(Buffer.concat(frames));
    });
  }

  /** Leaves without a word. */
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
    if (this.onBegun !== null) return this.onHello(frame, this.onBegun);
    const xid = frame.int();
    const zxid = String(frame.long());
    const error = frame.int();
    if (xid === EVENT_XID) this.heard.push(readEvent(frame));
    else {
      const op = this.asked.shift() as Op['op'];
      this.heard.push({ kind: 'reply', zxid, result: error === 0 ? readResult(frame, op) : failure(error) });
    }
    const replies = this.heard.filter(({ kind }) => kind === 'reply').length;
    if (this.waiting === null || replies < this.waiting.replies) return;
    const { resolve } = this.waiting;
    this.waiting = null;
    resolve(this.heard.splice(0));
  }

  private onHello(frame: JuteReader, onBegun: () => void): void {
    frame.int();
    frame.int();
    this.id = String(frame.long());
    this.onBegun = null;
    onBegun();
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
    else results.push({ op: type === TYPES.delete ? 'delete' : 'check' });
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
