import type { ClientRequest } from '../../contract/client.ts';
import type { SessionCommand } from '../../contract/session.ts';
import type { Leader } from './state.ts';

/**
 * A later attempt takes the place of an earlier one, be that waiting for room in the window or for its slot: it is the
 * one whose answer is waited for. `false`: there is no earlier one.
 *
 * With a slot for each attempt, a leader with a slow disk answers those who have given up: it falls behind its clients,
 * who try again meanwhile, and what brought the first of them to do so is long over.
 */
export function takesPlace({ queue, requests }: Leader, request: ClientRequest): boolean {
  const at = queue.findIndex((waiting) => isCopy(waiting, request));
  if (at !== -1) {
    queue[at] = newerOf(queue[at] as ClientRequest, request);
    return true;
  }
  for (const [slot, proposed] of requests) {
    if (!isCopy(proposed.request, request)) continue;
    requests.set(slot, { ...proposed, request: newerOf(proposed.request, request) });
    return true;
  }
  return false;
}

/** Takes out of the queue what is of a session that its client has given up: this request is of a later one. */
export function takeGivenUp(queue: ClientRequest[], request: ClientRequest): readonly ClientRequest[] {
  const givenUp = queue.filter((waiting) => isLaterSession(waiting, request));
  for (const waiting of givenUp) queue.splice(queue.indexOf(waiting), 1);
  return givenUp;
}

/** Whether its client has given up its session: something of a later one waits. */
export function isGivenUp(queue: readonly ClientRequest[], request: ClientRequest): boolean {
  return queue.some((waiting) => isLaterSession(request, waiting));
}

/** Whether both are attempts of one command. A client asks for one session at a time. */
function isCopy(a: ClientRequest, b: ClientRequest): boolean {
  if (a.client !== b.client) return false;
  const first = a.command as unknown as SessionCommand;
  const second = b.command as unknown as SessionCommand;
  if (first.kind !== 'execute' || second.kind !== 'execute') return first.kind === second.kind;
  return first.session === second.session && first.sequence === second.sequence;
}

/** The network may turn them round. */
function newerOf(a: ClientRequest, b: ClientRequest): ClientRequest {
  return a.id > b.id ? a : b;
}

/** Whoever asks for a session has none any more. */
function isLaterSession(before: ClientRequest, after: ClientRequest): boolean {
  if (before.client !== after.client) return false;
  const first = before.command as unknown as SessionCommand;
  const second = after.command as unknown as SessionCommand;
  if (first.kind !== 'execute') return false;
  return second.kind === 'register' || first.session < second.session;
}
