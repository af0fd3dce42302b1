import { unreachable } from '../kernel/assert.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Answer } from './client.ts';

/** What a node answers that has not executed a command, of a protocol with leaders. */
export type NotExecuted =
  /** The command was not taken, nor will it be. */
  | { readonly kind: 'not-leader'; readonly leader: NodeId | null }
  /** The command was not taken: this leader takes none at the moment. */
  | { readonly kind: 'busy' }
  /** The command was taken, then leadership was lost: a later leader may still carry it through. */
  | { readonly kind: 'leadership-lost' };

/** How a client reads it. */
export function classifyNotExecuted(answer: NotExecuted): Answer {
  switch (answer.kind) {
    case 'not-leader':
      return { kind: 'redirect', leader: answer.leader };
    case 'busy':
      return { kind: 'redirect', leader: null };
    case 'leadership-lost':
      return { kind: 'unsure' };
    default:
      return unreachable(answer);
  }
}
