import type { History, HistoryEvent, Json } from '../../../checkers/index.ts';

/**
 * A history from one line of text an event: time in milliseconds, process, type, f, value as JSON, and perhaps a key or
 * `!` and an error.
 *
 *     timed('40 1 invoke store {"token":33,"grant":33}', '12042 1 fail store {"token":33,"grant":33} !stale-token')
 */
export function timed(...lines: readonly string[]): History {
  return lines.map((line, index): HistoryEvent => {
    const [ms, process, type, f, value, keyOrError = ''] = line.split(' ');
    const error = keyOrError.startsWith('!') ? { error: keyOrError.slice(1) } : {};
    return {
      index,
      time: Number(ms) * 1000,
      process: process === 'nemesis' ? 'nemesis' : Number(process),
      type: type as HistoryEvent['type'],
      f: f as string,
      ...(keyOrError === '' || 'error' in error ? {} : { key: keyOrError }),
      value: JSON.parse(value ?? 'null') as Json,
      ...error,
    };
  });
}

/** The line of the nemesis for an interval in milliseconds, at the end of a history. */
export function hold(
  f: 'believes' | 'owns', process: number, grant: number, fromMs: number, untilMs: number, lock = 'l',
): string {
  const value = { process, lock, grant, fromUs: fromMs * 1000, untilUs: untilMs * 1000 };
  return `60000 nemesis info ${f} ${JSON.stringify(value)}`;
}

/** What the holders of grants 33 and 34 believe where the first one's validity ends before the second's begins. */
const APART = [hold('believes', 1, 33, 20, 9_898), hold('believes', 2, 34, 10_100, 19_980)];
/** And where a server that lost its entry let the second in. */
const AT_ONCE = [hold('believes', 1, 33, 15, 9_898), hold('believes', 2, 34, 600, 10_480)];

const asked = (grant: number, token = grant): string => `store {"token":${token},"grant":${grant},"value":"v${grant}"}`;
const placed = (grant: number, place: number): string => `store {"token":${grant},"grant":${grant},"index":${place}}`;

/**
 * Kleppmann's timelines on a lock of ten seconds, each with its twin where the resource checks tokens. The second
 * holder's store comes first in all of them.
 */
export const PLANTED = {
  /** The first holder checks its validity, pauses for fifteen seconds, and stores. */
  pauseBeforeStore: timed(`10150 2 invoke ${asked(34)}`, `10154 2 ok ${asked(34)}`, `15030 1 invoke ${asked(33)}`,
    `15034 1 ok ${asked(33)}`, ...APART),
  pauseBeforeStoreFenced: timed(`10150 2 invoke ${asked(34)}`, `10154 2 ok ${asked(34)}`, `15030 1 invoke ${asked(33)}`,
    `15034 1 fail ${asked(33)} !stale-token`, ...APART),
  /** The network delays the first holder's store by twelve seconds: it was asked for before the second holder came. */
  latePacket: timed(`40 1 invoke ${asked(33)}`, `10150 2 invoke ${asked(34)}`, `10154 2 ok ${placed(34, 0)}`,
    `12042 1 ok ${placed(33, 1)}`, ...APART),
  latePacketFenced: timed(`40 1 invoke ${asked(33)}`, `10150 2 invoke ${asked(34)}`, `10154 2 ok ${placed(34, 0)}`,
    `12042 1 fail ${asked(33)} !stale-token`, ...APART),
  /** A server's clock jumps, and two believe at once; the first goes on to store. */
  twoBeliefs: timed(`700 2 invoke ${asked(34)}`, `704 2 ok ${asked(34)}`, `800 1 invoke ${asked(33)}`,
    `804 1 ok ${asked(33)}`, ...AT_ONCE),
  twoBeliefsFenced: timed(`700 2 invoke ${asked(34)}`, `704 2 ok ${asked(34)}`, `800 1 invoke ${asked(33)}`,
    `804 1 fail ${asked(33)} !stale-token`, ...AT_ONCE),
} as const;

/** Two grants, one store after the other, with these tokens. */
export function storesWithTokens(...tokens: readonly (number | null)[]): History {
  return timed(...tokens.flatMap((token, grant) => {
    const value = JSON.stringify({ token, grant, value: null });
    return [`${grant * 10} ${grant} invoke store ${value}`, `${grant * 10 + 5} ${grant} ok store ${value}`];
  }));
}
