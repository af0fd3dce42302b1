import type { Plain } from '../../../contract/message.ts';
import type { SessionResult } from '../../../contract/session.ts';
import { assert } from '../../../kernel/assert.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { Author, Proposal } from '../messages.ts';
import type { Execute } from '../state.ts';

/** What a client's commands have come to, of those that it may still ask about: of its last session. */
export interface Remembered {
  readonly client: NodeId;
  readonly session: number;
  /** Nobody waits for the result of a lower sequence number. */
  readonly acknowledged: number;
  readonly done: readonly { readonly sequence: number; readonly result: SessionResult }[];
}

/** A value of a register that can be chosen, and the change that it came from. Frozen. */
export interface Update extends Proposal {
  /** How many changes there were, this one included. Each version is an instance of its own. */
  readonly version: number;
  /** One entry for each client that has changed the register: its last session. */
  readonly clients: readonly Remembered[];
}

/** What a command does to a register: a change, or an answer without one. */
export type Effect =
  | { readonly kind: 'change'; readonly update: Update }
  | { readonly kind: 'answer'; readonly result: SessionResult };

/**
 * What a command does to a register whose last version is `current`; `null`: it was never changed. A command that was
 * executed is answered as it was then. A compare that fails is a change, too, of what is remembered alone: it is
 * told that it did not happen, while a copy of it is on its way to another node; if the register comes to hold what it
 * was compared with, that copy would succeed.
 */
export function effectOf(current: Update | null, author: Author, { operation, acknowledged }: Execute): Effect {
  const { f, value } = operation;
  const found = current?.value ?? null;
  if (f === 'read') return answer({ kind: 'ok', value: found });
  const before = current?.clients.find((each) => each.client === author.client) ?? null;
  // A session that was given up, or a copy that comes when nobody waits for it any more: what it did was forgotten.
  const isOver = before !== null && (before.session > author.session
    || (before.session === author.session && author.sequence < before.acknowledged));
  if (isOver) return answer({ kind: 'no-session' });
  const same = before?.session === author.session ? before : null;
  const known = same?.done.find(({ sequence }) => sequence === author.sequence);
  if (known !== undefined) return answer(known.result);
  const [expected, wanted] = f === 'cas' ? value as readonly [Plain, Plain] : [found, f === 'delete' ? null : value];
  const isRefused = expected !== found;
  const result: SessionResult = isRefused
    ? { kind: 'refused', error: 'compare failed', value: found }
    : { kind: 'ok', value };
  const low = Math.max(same?.acknowledged ?? 0, acknowledged);
  const done = [...same?.done ?? [], { sequence: author.sequence, result }].filter(({ sequence }) => sequence >= low);
  const { client, session } = author;
  const clients = (current?.clients ?? []).filter((each) => each !== before);
  return {
    kind: 'change',
    update: {
      by: author, value: isRefused ? found : wanted, version: (current?.version ?? 0) + 1,
      clients: [...clients, { client, session, acknowledged: low, done }],
    },
  };
}

/** What the change of an update was answered with. */
export function resultOf({ by, clients }: Update): SessionResult {
  const own = clients.find(({ client }) => client === by.client);
  const done = own?.done.find(({ sequence }) => sequence === by.sequence);
  assert(done !== undefined, 'an update remembers the command that it came from');
  return done.result;
}

function answer(result: SessionResult): Effect {
  return { kind: 'answer', result };
}
