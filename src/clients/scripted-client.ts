import type { Context } from '../contract/context.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import { type Chosen, type ClientInit, SessionClient } from './session-client.ts';

/** One line of a script. */
export interface Step extends Chosen {
  /** From the start of the client, by its own monotonic clock. */
  readonly atUs: TimeUs;
}

/**
 * A client that does what its script says, when it says so, and nothing else. It registers its session at once, so that
 * nothing but the operation is sent at the time of an operation. A step whose time has come while the one before it is
 * open waits for its end. A client that crashes amid its script does nothing more.
 */
export class ScriptedClient extends SessionClient {
  private readonly steps: readonly Step[];

  constructor(init: ClientInit, steps: readonly Step[]) {
    super({ ...init, processes: init.processes.slice(0, 1) });
    this.steps = this.state.seen.operations === 0 ? steps : [];
  }

  override onStart(ctx: Context): void {
    if (this.steps.length > 0) this.register(ctx);
    super.onStart(ctx);
  }

  protected override thinkUs(ctx: Context): DurationUs | null {
    const step = this.steps[this.state.seen.operations];
    return step === undefined ? null : Math.max(0, step.atUs - (ctx.monotonicUs() - this.state.startedAtUs));
  }

  protected override choose(): Chosen {
    return this.steps[this.state.seen.operations] as Step;
  }
}
