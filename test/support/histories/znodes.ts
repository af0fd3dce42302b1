import type { History, HistoryEvent, Json } from '../../../checkers/index.ts';

/** A line of a history that does not know its place yet. */
export type Line = Omit<HistoryEvent, 'index' | 'time'>;

/** Lines in their order, ten milliseconds apart. */
export function story(...lines: readonly (Line | readonly Line[])[]): History {
  return lines.flat().map((line, index) => ({ index, time: index * 10_000, ...line }));
}

export function asks(process: number, f: string, key: string, value: Json = null): Line {
  return { process, type: 'invoke', f, key, value };
}

export function ok(process: number, f: string, key: string, session: number, zxid: number, more: object = {}): Line {
  return { process, type: 'ok', f, key, value: { session, zxid, ...more } };
}

export function refused(
  process: number, f: string, key: string, session: number, zxid: number, error: string,
): Line {
  return { process, type: 'fail', f, key, value: { session, zxid }, error };
}

export function lost(process: number, f: string, key: string, error = 'connection-loss', value: Json = null): Line {
  return { process, type: 'info', f, key, value, error };
}

/** Lost, too, by a client that tells what it was sent as. */
export function lostAs(process: number, f: string, key: string, session: number, xid: number): Line {
  return lost(process, f, key, 'connection-loss', { session, xid });
}

/** Of session 0 and xid 0 where nothing else is said. */
export function committed(zxid: number, session: number, change: object, xid = 1): Line {
  return { process: 'nemesis', type: 'info', f: 'committed', value: { zxid, session, xid, change } as Json };
}

export function begins(zxid: number, session: number): Line {
  return committed(zxid, session, { change: 'create-session', timeoutUs: 400_000, password: 1 }, 0);
}

export function ends(zxid: number, session: number, paths: readonly string[] = [], xid = 0): Line {
  return committed(zxid, session, { change: 'close-session', paths }, xid);
}

export function event(session: number, type: string, path: string, zxid: number): Line {
  const value = { process: 0, session, type, path, zxid };
  return { process: 'nemesis', type: 'info', f: 'event', value };
}

export function turn(session: number, state: string, zxid = 0, server: string | null = 'n1'): Line {
  const value = { process: 0, session, state, zxid, server };
  return { process: 'nemesis', type: 'info', f: 'session', value };
}

/** As of a znode that was created and not touched since. */
export function stat(czxid: number, more: object = {}): object {
  return {
    czxid, mzxid: czxid, pzxid: czxid, version: 0, cversion: 0, aversion: 0, ephemeralOwner: 0, dataLength: 1,
    numChildren: 0, ...more,
  };
}

/** One create from its invocation to its answer. */
export function created(process: number, session: number, zxid: number, path: string, data = 'v'): readonly Line[] {
  return [
    asks(process, 'create', path, { data, mode: 'persistent' }),
    committed(zxid, session, { change: 'create', path, data, ephemeralOwner: 0, cversion: 1 }),
    ok(process, 'create', path, session, zxid, { path, stat: stat(zxid, { dataLength: data.length }) }),
  ];
}

/** One set, `version` behind it. */
export function wasSet(
  process: number, session: number, zxid: number, path: string, data: string, version: number, czxid: number,
): readonly Line[] {
  const after = stat(czxid, { mzxid: zxid, version, dataLength: data.length });
  return [
    asks(process, 'set', path, { data, version: -1 }),
    committed(zxid, session, { change: 'set', path, data, version }),
    ok(process, 'set', path, session, zxid, { stat: after }),
  ];
}

/** One get that sets a watch. */
export function watched(
  process: number, session: number, zxid: number, path: string, data: string, ofStat: object,
): readonly Line[] {
  return [asks(process, 'get', path, { watch: true }), ok(process, 'get', path, session, zxid, { data, stat: ofStat })];
}
