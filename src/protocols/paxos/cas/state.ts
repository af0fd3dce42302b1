import type { Message } from '../../../contract/message.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { AcceptorMessage, Promised } from '../messages.ts';
import type { AcceptorRecord, CommonState, CountedPromise } from '../state.ts';
import type { Update } from './register.ts';

/** The cell of the last version that a node knows to be chosen, of one key; and the names of all keys with one. */
export const committedFile = (key: string): string => `committed/${key}`;
export const COMMITTED_KEYS_FILE = 'committed-keys';

/** Phase 1b: besides, the last version that it knows to be chosen. */
export interface CasPromised extends Promised<Update> {
  readonly committed: Update | null;
}

/** Phase 3: this is chosen. */
export interface Commit extends Message {
  readonly kind: 'Commit';
  readonly key: string;
  readonly update: Update;
}

/** From who has left a seat, to who takes it: what the acceptor had stored, by key. */
export interface SeatGiven extends Message {
  readonly kind: 'SeatGiven';
  readonly seat: NodeId;
  readonly instances: readonly (readonly [string, AcceptorRecord<Update>])[];
  readonly committed: readonly (readonly [string, Update])[];
}

/** It was stored; or refused, as there is another seat here, or was. */
export interface SeatAnswer extends Message {
  readonly kind: 'SeatAnswer';
  readonly seat: NodeId;
  readonly isTaken: boolean;
}

/** In place of an answer of the acceptor: it is elsewhere. */
export interface SeatMoved extends Message {
  readonly kind: 'SeatMoved';
  readonly seat: NodeId;
  readonly to: NodeId;
}

export type CasMessage = AcceptorMessage<Update> | Commit | SeatGiven | SeatAnswer | SeatMoved;

export interface CasPromise extends CountedPromise<Update> {
  readonly committed: Update | null;
}

/** The cell of the seat that a node has. */
export const SEAT_FILE = 'seat';

/**
 * Where a node is an acceptor: nowhere yet; or on a seat, which bears the name of its first holder; or no more, whether
 * the other one has said that it took the seat or not.
 */
export type Seat =
  | { readonly kind: 'none' }
  | { readonly kind: 'held'; readonly seat: NodeId }
  | { readonly kind: 'leaving' | 'left'; readonly seat: NodeId; readonly to: NodeId };

/** Everything that a node knows. `learned` is durable here: the last version of each key that it knows to be chosen. */
export interface CasState extends CommonState<Update> {
  /** Durable. */
  seat: Seat;
  /** Whether what belongs to a seat is being stored. */
  isTaking: boolean;
  /** Of the proposer, by seat: who has it now, as far as it was told. */
  readonly holders: Map<NodeId, NodeId>;
}
