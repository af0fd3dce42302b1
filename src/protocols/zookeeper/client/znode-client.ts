import type { Context } from '../../../contract/context.ts';
import type { Operation } from '../../../contract/session.ts';
import type { Plain } from '../../../contract/message.ts';
import { assert } from '../../../kernel/assert.ts';
import type { Zxid } from '../../zab/zxid.ts';
import type { Op } from '../messages.ts';
import type { Asking, Step } from './asking.ts';
import type { RequestEnd } from './library.ts';
import { WorkloadClient, type WorkloadClientInit } from './workload-client.ts';

/** What a client of the tree is made from. */
export interface ZnodeClientInit extends WorkloadClientInit {
  readonly asking: Asking;
}

/**
 * A client of the tree. It asks nothing twice: what ends with its connection is unknown, and whether it is to be
 * repeated is for the application to know.
 */
export class ZnodeClient extends WorkloadClient<ZnodeClientInit> {
  protected override begin(ctx: Context, lane: number, operation: Operation): void {
    this.library.submit(ctx, String(lane), this.init.asking.first(operation));
  }

  override onEnd(ctx: Context, tag: string, op: Op, end: RequestEnd): void {
    const lane = Number(tag);
    const { operation } = this.slot(lane);
    assert(operation !== null, 'only what was asked for ends');
    if (end.kind !== 'answered') {
      // Equal requests differ in this alone: it is how the log tells which of them was carried out.
      const sent = this.init.asking.tells ? { session: end.session, xid: end.xid } : operation.value;
      this.complete(ctx, lane, 'info', sent, end.kind);
      // Once, if several were under way. Where the session was said to be over, another one has begun.
      if (end.kind === 'connection-loss' && this.state.library.phase === 'idle') this.library.open(ctx);
      return;
    }
    const step = this.init.asking.next(operation, op, end.result);
    if (step.kind === 'ask') return this.library.submit(ctx, tag, step.op);
    this.state.seen.last.set(operation.key, {
      f: operation.f, isRefused: step.kind === 'fail', value: step.kind === 'ok' ? step.value : null,
    });
    this.answer(ctx, lane, operation, step, end.zxid);
    if (op.op !== 'close' || step.kind !== 'ok') return;
    this.tell('closed');
    this.library.open(ctx);
  }

  /** Checkers of the tree want to know with what session and zxid an answer came; those of registers do not. */
  private answer(
    ctx: Context, lane: number, operation: Operation, step: Exclude<Step, { readonly kind: 'ask' }>, zxid: Zxid,
  ): void {
    const seen = this.init.asking.tells ? { session: this.state.library.session, zxid } : null;
    if (step.kind === 'fail') return this.complete(ctx, lane, 'fail', seen ?? operation.value, step.error);
    const value = seen === null ? step.value : { ...seen, ...(step.value as { readonly [name: string]: Plain }) };
    this.complete(ctx, lane, 'ok', value);
  }
}
