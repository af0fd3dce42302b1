import type {
  CreateMode, ErrorCode, MultiErrorCode, OpResult, SessionId, Stat, TreeApplied, WriteOp,
} from '../../../src/protocols/zookeeper/messages.ts';
import type { PrepareRequest } from '../../../src/protocols/zookeeper/tree/prepare.ts';

interface NaiveNode {
  data: string;
  czxid: number;
  mzxid: number;
  pzxid: number;
  version: number;
  /** Children that came, and that went. */
  came: number;
  went: number;
  owner: SessionId;
}

type Event = TreeApplied['events'][number];

class Refused extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/**
 * What ZooKeeper's documentation says of a tree, one request after the other, and with nothing kept that can be looked
 * for: shares no code with what it is compared with.
 */
export class NaiveTree {
  nodes = new Map<string, NaiveNode>([['/', fresh('', 0, 0)]]);
  readonly sessions = new Map<SessionId, { readonly timeoutUs: number; readonly password: number }>();

  execute(session: SessionId, zxid: number, request: PrepareRequest): TreeApplied {
    const events: Event[] = [];
    try {
      return { result: this.result(session, zxid, request, events), events };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { result: { op: 'error', error: error.code, results: [] }, events: [] };
    }
  }

  private result(session: SessionId, zxid: number, request: PrepareRequest, events: Event[]): OpResult {
    if (request.kind === 'create-session') {
      this.sessions.set(session, { timeoutUs: request.timeoutUs, password: request.password });
      return { op: 'check' };
    }
    if (!this.sessions.has(session)) throw new Refused('SessionExpired');
    if (request.kind === 'op') {
      const { op } = request;
      return op.op === 'multi' ? this.multi(session, zxid, op.ops, events) : this.single(session, zxid, op, events);
    }
    for (const path of [...this.nodes.keys()].sort()) {
      if (this.nodes.get(path)?.owner === session) this.remove(path, zxid, events);
    }
    this.sessions.delete(session);
    return { op: 'close' };
  }

  private multi(session: SessionId, zxid: number, ops: readonly WriteOp[], events: Event[]): OpResult {
    const before = new Map([...this.nodes].map(([path, node]) => [path, { ...node }]));
    const results: OpResult[] = [];
    try {
      for (const op of ops) results.push(this.single(session, zxid, op, events));
      return { op: 'multi', results };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.nodes = before;
      events.length = 0;
      const words: MultiErrorCode[] = [...results.map(() => 'Ok' as const), error.code];
      while (words.length < ops.length) words.push('RuntimeInconsistency');
      return { op: 'error', error: error.code, results: words };
    }
  }

  private single(session: SessionId, zxid: number, op: WriteOp, events: Event[]): OpResult {
    switch (op.op) {
      case 'create':
        return this.create(session, zxid, op, events);
      case 'delete': {
        if (!op.path.includes('/') || op.path === '/') throw new Refused('BadArguments');
        this.checked(op.path, op.version);
        if (this.childrenOf(op.path).length > 0) throw new Refused('NotEmpty');
        this.remove(op.path, zxid, events);
        return { op: 'delete' };
      }
      case 'set': {
        mustBeValid(op.path);
        const node = this.checked(op.path, op.version);
        Object.assign(node, { data: op.data, version: node.version + 1, mzxid: zxid });
        events.push({ type: 'NodeDataChanged', path: op.path });
        return { op: 'set', stat: this.statOf(op.path) };
      }
      case 'check':
        mustBeValid(op.path);
        this.checked(op.path, op.version);
        return { op: 'check' };
    }
  }

  private create(
    session: SessionId, zxid: number, op: { readonly path: string; readonly data: string; readonly mode: CreateMode },
    events: Event[],
  ): OpResult {
    if (!op.path.includes('/')) throw new Refused('BadArguments');
    const parentPath = op.path.replace(/\/[^/]*$/, '') || '/';
    const parent = this.nodes.get(parentPath);
    if (parent === undefined) throw new Refused('NoNode');
    const path = op.mode.endsWith('sequential') ? op.path + `0000000000${parent.came}`.slice(-10) : op.path;
    mustBeValid(path);
    if (this.nodes.has(path)) throw new Refused('NodeExists');
    if (parent.owner !== 0) throw new Refused('NoChildrenForEphemerals');
    parent.came += 1;
    parent.pzxid = zxid;
    this.nodes.set(path, fresh(op.data, zxid, op.mode.startsWith('ephemeral') ? session : 0));
    events.push({ type: 'NodeCreated', path }, { type: 'NodeChildrenChanged', path: parentPath });
    return { op: 'create', path, stat: this.statOf(path) };
  }

  private remove(path: string, zxid: number, events: Event[]): void {
    const parentPath = path.replace(/\/[^/]*$/, '') || '/';
    const parent = this.nodes.get(parentPath) as NaiveNode;
    parent.went += 1;
    parent.pzxid = zxid;
    this.nodes.delete(path);
    events.push({ type: 'NodeDeleted', path }, { type: 'NodeChildrenChanged', path: parentPath });
  }

  private checked(path: string, version: number): NaiveNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Refused('NoNode');
    if (version !== -1 && version !== node.version) throw new Refused('BadVersion');
    return node;
  }

  childrenOf(path: string): string[] {
    const start = path === '/' ? '/' : `${path}/`;
    return [...this.nodes.keys()].filter((one) => one !== '/' && one.startsWith(start))
      .map((one) => one.slice(start.length)).filter((name) => !name.includes('/')).sort();
  }

  statOf(path: string): Stat {
    const { data, czxid, mzxid, pzxid, version, came, went, owner } = this.nodes.get(path) as NaiveNode;
    return {
      czxid, mzxid, pzxid, version, cversion: came + went, aversion: 0, ephemeralOwner: owner,
      dataLength: data.length, numChildren: this.childrenOf(path).length,
    };
  }
}

function fresh(data: string, zxid: number, owner: SessionId): NaiveNode {
  return { data, czxid: zxid, mzxid: zxid, pzxid: zxid, version: 0, came: 0, went: 0, owner };
}

function mustBeValid(path: string): void {
  const isAbsolute = path === '/' || /^(\/[^/]+)+$/.test(path);
  if (!isAbsolute || /\/\.{1,2}(\/|$)/.test(path) || /[\0-\x1f]/.test(path)) throw new Refused('BadArguments');
}
