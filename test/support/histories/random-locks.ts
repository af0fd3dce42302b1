import type { HistoryEvent, Json } from '../../../checkers/index.ts';
import type { Draw } from './random-history.ts';

interface OpenStore {
  readonly process: number;
  readonly key: string;
  readonly value: { readonly token: number | null; readonly grant: number };
  place: number | null;
}

/** How a resource answers: without places, with all or some of them, or with drawn ones. */
const PLACES = ['none', 'all', 'some', 'some', 'some', 'drawn'] as const;

/**
 * Stores of at most four clients at a resource that takes everything, each applied at some instant between invocation
 * and completion. Grants mostly grow, so that some histories are valid; tokens mostly are the grants.
 */
export function randomStores(draw: Draw, count: number): HistoryEvent[] {
  const history: HistoryEvent[] = [];
  const open: OpenStore[] = [];
  const next = new Map<string, number>();
  const idle = [0, 1, 2, 3];
  const places = PLACES[draw(PLACES.length)] as (typeof PLACES)[number];
  const keys = draw(3) === 0 ? 2 : 1;
  const isWild = draw(2) === 0;
  let time = 0;
  let started = 0;
  let unused = idle.length;
  const emit = (store: OpenStore, type: HistoryEvent['type'], value: Json, error?: string): void => {
    time += draw(3) === 0 ? 0 : 1;
    const { process, key } = store;
    const common = { index: history.length, time, process, type, f: 'store', key, value };
    history.push(error === undefined ? common : { ...common, error });
  };
  while (started < count || open.length > 0) {
    const process = idle[draw(idle.length)];
    if (started < count && process !== undefined && (open.length === 0 || draw(3) === 0)) {
      const grant = isWild ? draw(4) : (started >> 1) + draw(2);
      const token = draw(12) === 0 ? null : draw(isWild ? 6 : 12) === 0 ? draw(4) : grant;
      const store: OpenStore = { process, key: `r${draw(keys)}`, value: { token, grant }, place: null };
      idle.splice(idle.indexOf(process), 1);
      open.push(store);
      started += 1;
      emit(store, 'invoke', store.value);
      continue;
    }
    const store = open[draw(open.length)] as OpenStore;
    if (store.place === null) {
      store.place = next.get(store.key) ?? 0;
      next.set(store.key, store.place + 1);
      if (draw(2) === 0) continue;
    }
    open.splice(open.indexOf(store), 1);
    const fate = draw(10);
    // One that is never answered, or not for certain, costs its client the number.
    idle.push(fate <= 1 ? unused++ : store.process);
    if (fate === 0) continue;
    if (fate === 1) emit(store, 'info', store.value, 'timeout');
    else if (fate === 2) emit(store, 'fail', store.value, draw(2) === 0 ? 'stale-token' : 'refused');
    else {
      const isTold = places === 'all' || places === 'drawn' || (places === 'some' && draw(2) === 0);
      const place = places === 'drawn' && draw(3) === 0 ? draw(count) : store.place;
      emit(store, 'ok', isTold ? { index: place } : store.value);
    }
  }
  return history;
}

/** Lines of the nemesis with intervals of up to three processes and two locks. */
export function randomHolds(draw: Draw, count: number, f: 'believes' | 'owns'): HistoryEvent[] {
  const spread = 6 + draw(60);
  return Array.from({ length: count }, (_, index): HistoryEvent => {
    const fromUs = draw(spread);
    const untilUs = Math.max(0, fromUs + draw(8) - 1);
    const lock = draw(4) === 0 ? 'm' : 'l';
    const value = { process: draw(3), lock, grant: draw(3) === 0 ? 0 : index, fromUs, untilUs };
    return { index, time: 100, process: 'nemesis', type: 'info', f, value };
  });
}
