import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import type { Service } from '../../../src/contract/service.ts';
import type { Operation } from '../../../src/contract/session.ts';

/** One operation, and its client and the time if they matter: the time that has passed since the one before. */
export type Command = readonly [f: string, key: string, value?: Plain, client?: number, afterUs?: number];

const operationOf = ([f, key, value = null]: Command): Operation => ({ f, key, value });

/** Applies commands to a state, as the cluster's time goes on from `fromUs`. */
function applierOf<S>(service: Service<S>, state: S, fromUs = 0): (...command: Command) => Plain {
  let timeUs = fromUs;
  return (...command) => {
    timeUs += command[4] ?? 0;
    return service.apply(state, operationOf(command), command[3] ?? 0, timeUs);
  };
}

/** How much time some commands take. */
const timeOf = (commands: readonly Command[]): number => commands.reduce((sum, [, , , , us = 0]) => sum + us, 0);

/** A store on the bench: operations in, results out. */
export function storeOf<S>(service: Service<S>) {
  const state = service.initial();
  const apply = applierOf(service, state);
  const ask = (...command: Command): Plain => service.query(state, operationOf(command)) ?? 'has to be applied';
  return { state, apply, ask, digest: () => service.digest(state) };
}

/** The state after some operations. */
export function stateAfter<S>(service: Service<S>, commands: readonly Command[]): S {
  const store = storeOf(service);
  for (const command of commands) store.apply(...command);
  return store.state;
}

export const ok = (value: Plain): Plain => ({ kind: 'ok', value });

/** What every store keeps to, shown with operations of its own: `changes`, and `asks` that change nothing. */
export function describeDigestAndSnapshot<S extends object>(
  service: Service<S>, changes: fc.Arbitrary<Command>, asks: readonly Command[],
): void {
  const commands = fc.array(changes, { maxLength: 12 });

  it('is an unsigned 32-bit integer, the same for the same content, however it came about, and for no other', () => {
    fc.assert(fc.property(commands, commands, (some, others) => {
      const [one, other] = [stateAfter(service, some), stateAfter(service, others)];
      expect(service.digest(one)).toBe(service.digest(one) >>> 0);
      expect(service.digest(one) === service.digest(other)).toBe(service.save(one) === service.save(other));
    }), { seed: 6, numRuns: 2_000 });
  });

  it('comes back with a snapshot, and goes on alike', () => {
    fc.assert(fc.property(commands, commands, (before, after) => {
      const state = stateAfter(service, before);
      const loaded = service.load(service.save(state));
      expect([service.digest(loaded), service.save(loaded)]).toEqual([service.digest(state), service.save(state)]);
      const [one, other] = [state, loaded].map((each) => applierOf(service, each, timeOf(before)));
      for (const command of [...after, ...asks]) expect(other?.(...command)).toEqual(one?.(...command));
      expect(service.digest(loaded)).toBe(service.digest(state));
    }), { seed: 7, numRuns: 300 });
  });

  it('is saved as it is now, whenever the text is made', () => {
    fc.assert(fc.property(commands, commands, (before, after) => {
      const state = stateAfter(service, before);
      const text = service.save(state);
      const later = service.saveLater(state);
      const apply = applierOf(service, state, timeOf(before));
      for (const command of after) apply(...command);
      expect(later()).toBe(text);
    }), { seed: 9, numRuns: 300 });
  });

  it('is not moved by questions, which are answered alike whether they are applied or not', () => {
    fc.assert(fc.property(commands, (some) => {
      const state = stateAfter(service, some);
      const before = service.digest(state);
      for (const ask of asks) {
        expect(service.query(state, operationOf(ask))).toEqual(service.apply(state, operationOf(ask), 0, timeOf(some)));
      }
      expect(service.digest(state)).toBe(before);
    }), { seed: 8, numRuns: 100 });
  });

  it('is kept, not computed: it does not look at what is stored', () => {
    const forbidden = (): never => { throw new Error('the digest walks through the state'); };
    const closed = new Proxy({}, { get: forbidden, ownKeys: forbidden, has: forbidden });
    const guarded = Object.fromEntries(Object.keys(service.initial()).map((name) => [name, closed]));
    expect(service.digest({ ...guarded, digest: 7 } as S)).toBe(7);
  });
}
