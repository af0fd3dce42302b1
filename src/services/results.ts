import type { Plain } from '../contract/message.ts';
import type { SessionResult } from '../contract/session.ts';

/** The operation happened. */
export function ok(value: Plain): SessionResult {
  return { kind: 'ok', value };
}

/** The operation did not happen, because of `value`. */
export function refused(error: string, value: Plain): SessionResult {
  return { kind: 'refused', error, value };
}
