import type { ClientRequest } from '../../contract/client.ts';
import type { Author } from './messages.ts';
import type { Execute } from './state.ts';

/** Whose command a request carries, whichever attempt it is. */
export function authorOf({ client }: ClientRequest, { session, sequence }: Execute): Author {
  return { client, session, sequence };
}

export function isSameAuthor(a: Author, b: Author): boolean {
  return a.client === b.client && a.session === b.session && a.sequence === b.sequence;
}
