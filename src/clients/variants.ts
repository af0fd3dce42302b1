import type { Node } from '../contract/node.ts';
import type { Fired, VariantInfo } from '../contract/variant.ts';
import { SessionClient, type ClientInit } from './session-client.ts';

/** A defect of the client, whatever the protocol. */
export interface ClientVariant extends VariantInfo {
  readonly in: 'client';
  create(init: ClientInit, fired: Fired): Node;
}

/** Takes silence for a refusal. */
class UnknownAsFailed extends SessionClient {
  private readonly fired: Fired;

  constructor(init: ClientInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  protected override outcomeOfTimeout(): 'info' | 'fail' {
    if (super.outcomeOfTimeout() !== 'fail') this.fired();
    return 'fail';
  }
}

/** The catalogue of client defects. */
export const clientVariants: readonly ClientVariant[] = [
  {
    row: 'CS-04',
    id: 'client/unknown-as-failed',
    title: 'a request that timed out is reported as failed, and the caller goes on with a new operation',
    breaks: 'an outcome that nobody knows is unknown: the operation may have happened, or may happen yet',
    source: 'jetcd 0.8.2; MongoDB JAVA-764, JAVA-819',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'client',
    create: (init: ClientInit, fired: Fired): Node => new UnknownAsFailed(init, fired),
  },
];
