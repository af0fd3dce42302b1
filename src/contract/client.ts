import type { NodeId } from '../kernel/ids.ts';
import type { Message, Plain } from './message.ts';

/** A client's command on its way to a node. The same `id` may arrive many times: from retries and from duplication. */
export interface ClientRequest extends Message {
  readonly kind: 'ClientRequest';
  readonly client: NodeId;
  /** Number of this attempt, unique for its client; the answer carries it back. */
  readonly id: number;
  readonly command: Plain;
}

/**
 * What a client sends whose protocol has epochs: see {@link ClientProtocol.epochOf}. The operation is asked of the
 * master of one epoch.
 */
export interface ConditionalRequest extends ClientRequest {
  /** The highest that this client has been told of; 0 before the first. */
  readonly epoch: number;
}

/** A node's answer to one {@link ClientRequest}. What `body` says is the protocol's own; its client part reads it. */
export interface ClientResponse extends Message {
  readonly kind: 'ClientResponse';
  readonly id: number;
  readonly body: Plain;
}

/** What an answer means for the operation that asked. */
export type Answer =
  /** The command was executed and this is its result. */
  | { readonly kind: 'done'; readonly result: Plain }
  /** Definite: this attempt was not executed and never will be. Ask `leader` next, or anyone when it is `null`. */
  | { readonly kind: 'redirect'; readonly leader: NodeId | null }
  /** Definite: this attempt was not executed and never will be, since its epoch is over. Ask the same node again. */
  | { readonly kind: 'epoch-over' }
  /** Indefinite: this attempt may still be executed; asking again is safe only under the same session and sequence. */
  | { readonly kind: 'unsure' };

/** The protocol's part of a client: how it reads what a node answered. */
export interface ClientProtocol {
  classify(body: Plain): Answer;
  /**
   * The epoch of the master that answers, above those of all masters before it; `null` where the answer is nobody's who
   * knows. The client keeps the highest, asks by it, and takes no result of a lower one. Without it, there are none.
   */
  epochOf?(body: Plain): number | null;
}
