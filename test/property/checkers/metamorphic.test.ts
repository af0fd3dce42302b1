import { describe, expect, test } from 'vitest';
import {
  checkLinearizable, type History, type HistoryEvent, type Json, type ModelName,
} from '../../../checkers/index.ts';
import { drawFrom, randomHistory, type Draw } from '../../support/histories/random-history.ts';

const MODELS: readonly ModelName[] = ['register', 'cas-register', 'append'];
const ROUNDS = 1_500;

function verdictOf(history: History, model: ModelName): string {
  return checkLinearizable(history, { model }).verdict;
}

/** Runs `claim` on histories of thirty operations or so, valid and invalid ones, and makes sure there were both. */
function forHistories(
  seed: number, claim: (history: History, model: ModelName, verdict: string, draw: Draw) => void,
): void {
  const draw = drawFrom(seed);
  const seen = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const model = MODELS[round % 3] as ModelName;
    const history = randomHistory(draw, {
      model, operations: 10 + draw(30), clients: 2 + draw(6), keys: 1 + draw(3), readPercent: 50, values: 2 + draw(6),
      unknownPercent: draw(3) * 5, corruptPercent: draw(3) * 5,
    });
    const verdict = verdictOf(history, model);
    seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
    claim(history, model, verdict, draw);
  }
  expect(seen.get('valid')).toBeGreaterThan(ROUNDS / 5);
  expect(seen.get('invalid')).toBeGreaterThan(ROUNDS / 5);
}

function renumbered(events: readonly HistoryEvent[]): History {
  return events.map((event, index) => ({ ...event, index }));
}

/** The events of the operation that is invoked at this position. */
function ofOperation(history: History, position: number): readonly HistoryEvent[] {
  const invoke = history[position] as HistoryEvent;
  const own = history.slice(position).filter(({ process }) => process === invoke.process);
  return own[1] === undefined ? [invoke] : [invoke, own[1]];
}

function mapped(value: Json, rename: (value: number) => Json): Json {
  if (typeof value === 'number') return rename(value);
  return Array.isArray(value) ? value.map((member: Json) => mapped(member, rename)) : value;
}

describe('a verdict does not change', () => {
  test('when processes, values and keys get other names, and time goes another way', () => {
    forHistories(1, (history, model, verdict) => {
      const renamed = history.map((event) => ({
        ...event,
        index: event.index * 3 + 5,
        time: event.time * 7 + 11,
        process: 1000 - (event.process as number),
        key: `other ${event.key}`,
        value: mapped(event.value, (value) => ({ named: `${value}` })),
      }));
      expect(verdictOf(renamed, model)).toBe(verdict);
    });
  });

  test('when independent keys are judged one by one', () => {
    forHistories(2, (history, model, verdict) => {
      const keys = [...new Set(history.map(({ key }) => key))];
      const verdicts = keys.map((key) => verdictOf(history.filter((event) => event.key === key), model));
      expect(verdicts.includes('invalid')).toBe(verdict === 'invalid');
    });
  });

  test('when failed operations and unknown reads are left out', () => {
    forHistories(3, (history, model, verdict) => {
      const says = history.flatMap((event, position) => {
        if (event.type !== 'invoke') return [];
        const events = ofOperation(history, position);
        const outcome = events[1]?.type ?? 'info';
        return outcome === 'fail' || (outcome === 'info' && event.f === 'read') ? [] : events;
      });
      const rest = renumbered(says.sort((left, right) => left.index - right.index));
      if (rest.some(({ type }) => type === 'ok')) expect(verdictOf(rest, model)).toBe(verdict);
    });
  });
});

describe('a valid history stays valid', () => {
  test('when an operation begins earlier or ends later', () => {
    forHistories(4, (history, model, verdict, draw) => {
      if (verdict !== 'valid') return;
      const position = draw(history.length);
      const event = history[position] as HistoryEvent;
      const direction = event.type === 'invoke' ? -1 : 1;
      const wider = [...history];
      let at = position;
      for (let steps = 1 + draw(6); steps > 0; steps -= 1) {
        const other = wider[at + direction];
        if (other === undefined || other.process === event.process) break;
        wider[at] = other;
        wider[at + direction] = event;
        at += direction;
      }
      expect(verdictOf(renumbered(wider.map((moved) => ({ ...moved, time: 0 }))), model)).toBe('valid');
    });
  });

  test('when a read is left out, or the outcome of an update is forgotten', () => {
    forHistories(5, (history, model, verdict, draw) => {
      if (verdict !== 'valid') return;
      const position = draw(history.length);
      const event = history[position] as HistoryEvent;
      if (event.type !== 'invoke') return;
      const [, completion] = ofOperation(history, position);
      if (completion?.type !== 'ok') return;
      const forgotten = event.f === 'read' ? [event, completion] : [completion];
      // The process must not go on after an operation of unknown outcome: its later ones get another.
      const rest = history.filter((other) => !forgotten.includes(other)).map((other) =>
        other.process === event.process && other.index > completion.index ? { ...other, process: 9999 } : other);
      if (rest.some(({ type }) => type === 'ok')) expect(verdictOf(renumbered(rest), model)).toBe('valid');
    });
  });
});

describe('long histories', () => {
  test('of a correct object are valid, whatever is unknown, and a witness is verified', () => {
    const draw = drawFrom(6);
    for (let round = 0; round < 60; round += 1) {
      const model = MODELS[round % 3] as ModelName;
      const history = randomHistory(draw, {
        model, operations: 600, clients: 2 + draw(12), keys: 1 + draw(2), readPercent: 40 + draw(30),
        values: round % 2 === 0 ? 0 : 5, unknownPercent: draw(3) * 2, corruptPercent: 0,
      });
      expect(checkLinearizable(history, { model })).toMatchObject({ verdict: 'valid', verified: true });
    }
  });

  test('with a read of a value that was overwritten long ago are invalid, and the evidence is small', () => {
    const draw = drawFrom(7);
    for (let round = 0; round < 30; round += 1) {
      const history = randomHistory(draw, {
        model: 'cas-register', operations: 400, clients: 2 + draw(8), keys: 1, readPercent: 50, values: 0,
        unknownPercent: 2, corruptPercent: 0,
      });
      const isRead = (event: HistoryEvent): boolean => event.type === 'ok' && event.f === 'read';
      const last = history.map(isRead).lastIndexOf(true);
      const early = history.find((event) => isRead(event) && event.value !== null) as HistoryEvent;
      const stale = history.map((event, index) => (index === last ? { ...event, value: early.value } : event));
      const result = checkLinearizable(stale, { model: 'cas-register' });
      expect(result).toMatchObject({ verdict: 'invalid', verified: true });
      expect(result.evidence?.completedIndex).toBe(last);
      expect(result.evidence?.operations.length).toBeLessThanOrEqual(8);
    }
  });
});
