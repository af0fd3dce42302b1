import type { Message } from '../../../contract/message.ts';
import type { AcceptorMessage, Promised } from '../messages.ts';
import type { CommonState, CountedPromise } from '../state.ts';
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

export type CasMessage = AcceptorMessage<Update> | Commit;

export interface CasPromise extends CountedPromise<Update> {
  readonly committed: Update | null;
}

/** Everything that a node knows. `learned` is durable here: the last version of each key that it knows to be chosen. */
export type CasState = CommonState<Update>;
