import { unreachable } from '../../../kernel/assert.ts';
import type { DurationUs } from '../../../kernel/time.ts';
import type { Zxid } from '../../zab/zxid.ts';
import {
  ANY_VERSION, type ErrorCode, type MultiErrorCode, type Op, type SessionId, type TreeChange, type TreeCommand,
  type WriteOp,
} from '../messages.ts';
import { hasParent, isPath, parentOf } from './paths.ts';
import { Draft, type PendingChanges, type PendingZnode } from './pending.ts';
import type { TreeState } from './state.ts';

/** What becomes a transaction. */
export type PrepareRequest =
  | { readonly kind: 'op'; readonly op: WriteOp | Extract<Op, { op: 'multi' }> }
  | { readonly kind: 'create-session'; readonly timeoutUs: DurationUs; readonly password: number }
  | { readonly kind: 'close-session' };

const SEQUENCE_DIGITS = 10;

/**
 * What a leader makes of a request before it proposes it (ZooKeeper's PrepRequestProcessor). Conditions are checked
 * here, against the tree as it will be once all that is proposed already is applied, and never again: what is proposed
 * is what follows from them, the same on every node. Rules answer, and do nothing else.
 */
export class Preparer {
  /** What is proposed under `zxid`, which `pending` knows from now on. Cost: that of the request alone. */
  prepare(
    tree: TreeState, pending: PendingChanges, session: SessionId, xid: number, zxid: Zxid, request: PrepareRequest,
  ): TreeCommand {
    const draft = new Draft(tree, pending, session);
    const change = this.changeFor(draft, request);
    if (change.change === 'create-session') draft.keep(zxid, true);
    else if (change.change === 'close-session') draft.keep(zxid, false);
    else if (change.change !== 'error') draft.keep(zxid, null);
    return Object.freeze({ zxid, session, xid, change });
  }

  private changeFor(draft: Draft, request: PrepareRequest): TreeChange {
    if (request.kind === 'create-session') {
      return { change: 'create-session', timeoutUs: request.timeoutUs, password: request.password };
    }
    if (!this.isOpen(draft)) return refused('SessionExpired');
    if (request.kind === 'close-session') return this.closeSession(draft);
    return request.op.op === 'multi' ? this.multi(draft, request.op.ops) : this.single(draft, request.op);
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /** Nothing of a session comes behind its end, which may be proposed and not applied. */
  protected isOpen(draft: Draft): boolean {
    return draft.isOpen;
  }

  /** What ends with a session: what it has, and what is on the way to it. */
  protected endsWithSession(draft: Draft): readonly string[] {
    return draft.ephemeralsToCome;
  }

  /** No two children of one parent get the same number: those that are gone count. */
  protected numberFor({ created }: PendingZnode): number {
    return created;
  }

  protected meets(version: number, { version: actual }: PendingZnode): boolean {
    return version === ANY_VERSION || version === actual;
  }

  // ── Sessions ─────────────────────────────────────────────────────────

  /** The paths are in the transaction: a replay may find the tree without them, and has to come to the same pzxids. */
  private closeSession(draft: Draft): TreeChange {
    const paths = this.endsWithSession(draft);
    for (const path of paths) leave(draft, path);
    return { change: 'close-session', paths };
  }

  // ── Operations ───────────────────────────────────────────────────────

  /** All or nothing: the draft of one that fails is not kept. */
  private multi(draft: Draft, ops: readonly WriteOp[]): TreeChange {
    const changes: TreeChange[] = [];
    for (const op of ops) {
      const change = this.single(draft, op);
      if (change.change === 'error') return refused(change.error, resultsOf(ops, changes.length, change.error));
      changes.push(change);
    }
    return { change: 'multi', changes };
  }

  private single(draft: Draft, op: WriteOp): TreeChange {
    switch (op.op) {
      case 'create': return this.create(draft, op);
      case 'delete': return this.delete(draft, op);
      case 'set': return this.set(draft, op);
      case 'check': return this.check(draft, op);
      default: return unreachable(op);
    }
  }

  /** In the order in which ZooKeeper looks: of two things that are wrong, the first is told. */
  private create(draft: Draft, { path: asked, data, mode }: Extract<WriteOp, { op: 'create' }>): TreeChange {
    if (!hasParent(asked)) return refused('BadArguments');
    const parentPath = parentOf(asked);
    const parent = draft.find(parentPath);
    if (parent === null) return refused('NoNode');
    const isSequential = mode === 'persistent-sequential' || mode === 'ephemeral-sequential';
    const path = isSequential ? asked + String(this.numberFor(parent)).padStart(SEQUENCE_DIGITS, '0') : asked;
    if (!isPath(path)) return refused('BadArguments');
    if (draft.find(path) !== null) return refused('NodeExists');
    if (parent.ephemeralOwner !== 0) return refused('NoChildrenForEphemerals');
    const cversion = parent.created + 1;
    draft.change(parentPath, { ...parent, created: cversion, childCount: parent.childCount + 1 });
    const isEphemeral = mode === 'ephemeral' || mode === 'ephemeral-sequential';
    const ephemeralOwner = isEphemeral ? draft.session : 0;
    draft.change(path, { version: 0, created: 0, childCount: 0, ephemeralOwner });
    return { change: 'create', path, data, ephemeralOwner, cversion };
  }

  private delete(draft: Draft, { path, version }: Extract<WriteOp, { op: 'delete' }>): TreeChange {
    if (!hasParent(path) || path === '/') return refused('BadArguments');
    const znode = draft.find(path);
    if (znode === null) return refused('NoNode');
    if (!this.meets(version, znode)) return refused('BadVersion');
    if (znode.childCount > 0) return refused('NotEmpty');
    leave(draft, path);
    return { change: 'delete', path };
  }

  private set(draft: Draft, { path, data, version: asked }: Extract<WriteOp, { op: 'set' }>): TreeChange {
    const znode = this.checked(draft, path, asked);
    if (typeof znode === 'string') return refused(znode);
    const version = znode.version + 1;
    draft.change(path, { ...znode, version });
    return { change: 'set', path, data, version };
  }

  private check(draft: Draft, { path, version }: Extract<WriteOp, { op: 'check' }>): TreeChange {
    const znode = this.checked(draft, path, version);
    return typeof znode === 'string' ? refused(znode) : { change: 'check' };
  }

  private checked(draft: Draft, path: string, version: number): PendingZnode | ErrorCode {
    if (!isPath(path)) return 'BadArguments';
    const znode = draft.find(path);
    if (znode === null) return 'NoNode';
    return this.meets(version, znode) ? znode : 'BadVersion';
  }
}

const REFERENCE = new Preparer();

/** {@link Preparer.prepare} by the rules as they are. */
export function prepare(
  tree: TreeState, pending: PendingChanges, session: SessionId, xid: number, zxid: Zxid, request: PrepareRequest,
): TreeCommand {
  return REFERENCE.prepare(tree, pending, session, xid, zxid, request);
}

/** A znode leaves its parent, which counts it no more among its children, and still among those that it has had. */
function leave(draft: Draft, path: string): void {
  const parentPath = parentOf(path);
  const parent = draft.find(parentPath);
  if (parent !== null) draft.change(parentPath, { ...parent, childCount: parent.childCount - 1 });
  draft.change(path, null);
}

function refused(error: ErrorCode, results: readonly MultiErrorCode[] = []): TreeChange {
  return { change: 'error', error, results };
}

/** As ZooKeeper tells it: those before the one that failed would have happened, those behind it were not looked at. */
function resultsOf(ops: readonly WriteOp[], failed: number, error: ErrorCode): MultiErrorCode[] {
  return ops.map((_, at) => at < failed ? 'Ok' : at === failed ? error : 'RuntimeInconsistency');
}
