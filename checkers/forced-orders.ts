import type { Operation } from '../src/history/operations.ts';
import type { Model } from './model.ts';
import { isList, valueKey, type ValueKey } from './value-key.ts';

/** One operation must come before another one, and why. */
interface Fact {
  /** The reason in words; `null` where the fact follows from two others alone. */
  readonly text: string | null;
  readonly from: readonly Fact[];
}

/** More nobody follows, and the argument would take long. */
const OPERATIONS_MAX = 40;

/** What real time forces is told only if it is short. */
const SENTENCES_MAX = 12;

/**
 * Why no order explains the operations, in words: each sentence a forced order, the last one the contradiction that
 * follows from those before. Where forced orders alone do not contradict each other (values written twice, models
 * that count), what real time forces is all there is to tell.
 *
 * Sound: what is forced holds in every order that explains all answers. About the fourth power of the number of
 * operations in steps, so this is for evidence, not for histories.
 */
export function forcedOrders(operations: readonly Operation[], model: Model): string[] {
  if (operations.length > OPERATIONS_MAX) return [];
  const orders = new ForcedOrders(operations, model);
  return orders.missingProducer() ?? orders.contradiction() ?? orders.ofRealTime();
}

class ForcedOrders {
  private readonly operations: readonly Operation[];
  private readonly model: Model;
  private readonly names: readonly string[];
  /** By position of the earlier and of the later operation. */
  private readonly facts: (Fact | undefined)[][];
  /** What each operation found there and left there; `undefined` where the model does not say. */
  private readonly found: readonly (ValueKey | undefined)[];
  private readonly made: readonly (ValueKey | undefined)[];
  /** For each operation that found a value that only one operation made: which; the initial value is -1. */
  private readonly sources: readonly (number | undefined)[];
  private readonly certain: readonly boolean[];
  /** What the object held at first; more than one where operations disagree, `null` where nobody can know. */
  private readonly initialKeys: readonly ValueKey[] | null;

  constructor(operations: readonly Operation[], model: Model) {
    this.operations = operations;
    this.model = model;
    this.names = namesOf(operations);
    this.facts = operations.map(() => operations.map(() => undefined));
    const hasMany = model.view !== undefined;
    this.found = operations.map((operation) => (hasMany ? undefined : model.observes(operation)[0]));
    this.made = operations.map((operation) => model.produces(operation));
    this.initialKeys = this.initialOnes();
    this.sources = this.found.map((value) => (value === undefined ? undefined : this.onlySource(value)));
    this.certain = this.certainOnes();
  }

  /** An answer that nobody can have given rise to, or `null`. */
  missingProducer(): string[] | null {
    const initial = this.initialKeys ?? [];
    const [first, second] = initial.map(textOfKey);
    if (second !== undefined) return [`${first} and ${second} were found, and nobody had ${this.verb()} either`];
    for (const [position, operation] of this.operations.entries()) {
      const values = this.model.observes(operation);
      for (const value of values) {
        if (this.initialKeys === null || initial.includes(value)) continue;
        const [asked, had] = [values, this.made].map((list) => list.filter((other) => other === value).length);
        if ((had as number) >= (asked as number)) continue;
        const text = `${this.nameOf(position)} needs ${textOfKey(value)}`;
        if (had === 0) return [`${text}, which nobody had ${this.verb()}`];
        return [`${text} more often (${asked}) than it had been ${this.verb()} (${had})`];
      }
    }
    return null;
  }

  /** The facts that lead to an operation before itself, in the order of the argument, or `null`. */
  contradiction(): string[] | null {
    this.addRealTime();
    this.addAnswers();
    while (this.saturate());
    const cycles = this.operations.flatMap((_, position) => {
      const fact = this.facts[position]?.[position];
      return fact === undefined ? [] : [{ position, texts: [...textsOf(fact)] }];
    });
    const [shortest] = cycles.sort((left, right) => left.texts.length - right.texts.length);
    if (shortest === undefined) return null;
    return [...shortest.texts, `so ${this.nameOf(shortest.position)} would have to come before itself`];
  }

  /** What real time alone forces, without what follows from the rest of it; nothing where that is too much to read. */
  ofRealTime(): string[] {
    const { operations } = this;
    const precedes = (early: number, late: number): boolean => isBefore(operations[early], operations[late]);
    const texts = operations.flatMap((_, early) => operations.flatMap((_, late) => {
      const isDirect = precedes(early, late)
        && !operations.some((_, between) => precedes(early, between) && precedes(between, late));
      return isDirect ? [this.realTimeText(early, late)] : [];
    }));
    const which = texts.length === 0 ? 'no order' : 'no order that keeps to this';
    return [...(texts.length > SENTENCES_MAX ? [] : texts),
      `${texts.length > SENTENCES_MAX ? 'no order that real time allows' : which} explains every answer`];
  }

  // ── Facts ────────────────────────────────────────────────────────────

  private addRealTime(): void {
    for (const [early, operation] of this.operations.entries()) {
      for (const [late, other] of this.operations.entries()) {
        if (isBefore(operation, other)) this.add(early, late, this.realTimeText(early, late), []);
      }
    }
  }

  private addAnswers(): void {
    for (const [reader, source] of this.sources.entries()) {
      if (source === undefined || source < 0 || this.certain[reader] !== true) continue;
      const text = `${this.nameOf(reader)} found what ${this.nameOf(source)} had left, so it comes after that`;
      this.add(source, reader, text, []);
    }
    if (this.model.view?.isList !== true) return;
    for (const reader of this.operations.keys()) this.addList(reader);
  }

  /** A list that was read holds what was appended before, and nothing else. */
  private addList(reader: number): void {
    const operation = this.operations[reader] as Operation;
    if (this.made[reader] !== undefined || operation.outcome !== 'ok') return;
    const list = this.model.observes(operation);
    for (const [update, value] of this.made.entries()) {
      if (value === undefined || this.made.filter((other) => other === value).length > 1) continue;
      const [name, append] = [this.nameOf(reader), this.nameOf(update)];
      const place = list.indexOf(value);
      if (place >= 0) this.add(update, reader, `${name} shows what ${append} left, so it comes after that`, []);
      else if (this.certain[update] === true) {
        this.add(reader, update, `${name} does not show what ${append} left, so it comes before that`, []);
      }
      const before = place > 0 ? this.onlySource(list[place - 1] as ValueKey) : undefined;
      if (before === undefined || before < 0) continue;
      this.add(before, update, `${name} shows what ${this.nameOf(before)} left before what ${append} left`, []);
    }
  }

  /** Adds what follows from the facts so far. False once nothing new does. */
  private saturate(): boolean {
    let isNew = false;
    const count = this.operations.length;
    for (let middle = 0; middle < count; middle += 1) {
      for (let early = 0; early < count; early += 1) {
        const first = this.facts[early]?.[middle];
        if (first === undefined) continue;
        for (let late = 0; late < count; late += 1) {
          const second = this.facts[middle]?.[late];
          if (second !== undefined) isNew = this.add(early, late, null, [first, second]) || isNew;
        }
      }
    }
    for (const [reader, source] of this.sources.entries()) {
      if (source === undefined || this.certain[reader] !== true) continue;
      for (let update = 0; update < count; update += 1) {
        const isOther = update !== reader && update !== source && this.made[update] !== undefined;
        if (isOther && this.certain[update] === true) isNew = this.separate(source, update, reader) || isNew;
      }
    }
    return isNew;
  }

  /** Between the source of a value and whoever found it there is no other update. */
  private separate(source: number, update: number, reader: number): boolean {
    const [from, between, name] = [this.nameOf(source), this.nameOf(update), this.nameOf(reader)];
    if (source < 0) {
      const what = this.model.isUnseenAtFirst === true ? 'what had been there before' : 'the initial value';
      return this.add(reader, update, `${name} found ${what}, so it comes before ${between}`, []);
    }
    const [after, before] = [this.facts[source]?.[update], this.facts[update]?.[reader]];
    let isNew = false;
    if (after !== undefined) {
      const text = `${name} still found what ${from} had left, so it comes before ${between} as well`;
      isNew = this.add(reader, update, text, [after]);
    }
    if (before === undefined) return isNew;
    const text = `${between} comes before ${name}, which found what ${from} had left`;
    return this.add(update, source, `${text}, so it comes before ${from} as well`, [before]) || isNew;
  }

  private add(early: number, late: number, text: string | null, from: readonly Fact[]): boolean {
    const row = this.facts[early] as (Fact | undefined)[];
    if (row[late] !== undefined) return false;
    row[late] = { text, from };
    return true;
  }

  // ── Words ────────────────────────────────────────────────────────────

  private realTimeText(early: number, late: number): string {
    return `${this.nameOf(early)} was answered before ${this.nameOf(late)} began`;
  }

  private nameOf(position: number): string {
    return position < 0 ? 'the start' : (this.names[position] as string);
  }

  private verb(): string {
    return this.model.view === undefined ? 'written' : 'added';
  }

  // ── The operations ───────────────────────────────────────────────────

  /** Which operations must have taken effect: the answered ones, and what alone made what one of these found. */
  private certainOnes(): readonly boolean[] {
    const certain = this.operations.map(({ outcome }) => outcome === 'ok');
    if (this.model.view?.isList === true) {
      return certain.map((isAnswered, update) => isAnswered || this.isShown(this.made[update]));
    }
    const walked = [...certain.keys()].filter((position) => certain[position]);
    for (const reader of walked) { // Grows while it is walked.
      const source = this.sources[reader] ?? -1;
      if (source < 0 || certain[source] === true) continue;
      certain[source] = true;
      walked.push(source);
    }
    return certain;
  }

  /** Whether a list that was read holds the value, and only one operation made it. */
  private isShown(value: ValueKey | undefined): boolean {
    return value !== undefined && this.made.filter((other) => other === value).length === 1
      && this.operations.some((reader) => reader.outcome === 'ok' && this.model.observes(reader).includes(value));
  }

  private onlySource(value: ValueKey): number | undefined {
    const sources = this.made.flatMap((product, position) => (product === value ? [position] : []));
    if (this.initialKeys?.includes(value) !== false) sources.push(-1);
    return sources.length === 1 ? sources[0] : undefined;
  }

  /** A list or a set holds nothing at first. What nobody knew at first, those tell who found what nobody had left. */
  private initialOnes(): readonly ValueKey[] | null {
    const { model } = this;
    if (model.view !== undefined) return [];
    if (model.isUnseenAtFirst !== true) return [model.stateKey(model.initial)];
    const isUnmade = (value: ValueKey | undefined): value is ValueKey =>
      value !== undefined && !this.made.includes(value);
    const found = this.found.filter((value, position) =>
      this.operations[position]?.outcome === 'ok' && isUnmade(value)) as ValueKey[];
    return found.length === 0 ? null : [...new Set(found)];
  }
}

function isBefore(early: Operation | undefined, late: Operation | undefined): boolean {
  return early?.outcome === 'ok' && (early.completedIndex as number) < (late?.invokedIndex ?? 0);
}

/** The reasons of a fact, each once, premises first. */
function textsOf(fact: Fact, texts: Set<string> = new Set(), seen: Set<Fact> = new Set()): Set<string> {
  if (seen.has(fact)) return texts;
  seen.add(fact);
  for (const premise of fact.from) textsOf(premise, texts, seen);
  if (fact.text !== null) texts.add(fact.text);
  return texts;
}

/** What people call the operations: `write 3`, `read → 1`; with the process where two have the same name. */
function namesOf(operations: readonly Operation[]): string[] {
  const names = operations.map(nameOf);
  return names.map((name, position) => {
    const isUnique = names.every((other, place) => other !== name || place === position);
    const { process, invokedIndex } = operations[position] as Operation;
    return isUnique ? name : `${name} (process ${process}, index ${invokedIndex})`;
  });
}

function nameOf({ f, input, output, outcome }: Operation): string {
  const asked = input === null ? '' : ` ${shortText(input)}`;
  const isAnswer = outcome === 'ok' && valueKey(output) !== valueKey(input);
  return `${f}${asked}${isAnswer || (f === 'read' && outcome === 'ok') ? ` → ${shortText(output)}` : ''}`;
}

/** A value in a few characters. */
function shortText(value: Operation['input']): string {
  const text = JSON.stringify(value);
  if (text.length <= 40) return text;
  return isList(value) ? `[${value.length} values]` : `${text.slice(0, 37)}...`;
}

/** The text of a value from its key: texts begin with a quote, structures are JSON already. */
function textOfKey(key: ValueKey): string {
  const text = typeof key === 'string' && key.startsWith('"') ? JSON.stringify(key.slice(1)) : String(key);
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}
