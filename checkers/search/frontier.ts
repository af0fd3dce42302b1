import type { Operation } from '../../src/history/operations.ts';
import type { Meter } from '../budget.ts';
import { ANYTHING, NONE, type Machine, type Model } from '../model.ts';
import { valueKey } from '../value-key.ts';
import { ConfigurationSet, type Trace } from './configuration-set.ts';
import type { SearchResult } from './result.ts';
import { countUsed, inCommon, NOTHING_USED, withUse, without, type UsedUnknowns } from './used-unknowns.ts';

/**
 * Just-in-time linearization (Lowe, "Testing for linearizability", 2017) of the operations of one key, in the order
 * of their invocations.
 *
 * Walks the invocations and completions in order and keeps every configuration the object could be in. An operation
 * takes effect as late as possible: when the completion of an operation, which must then have taken effect, forces it
 * or an operation before it. Four rules keep the configurations few; none of them loses an answer:
 *
 * - *Eager observers.* An open read that is right in the current state takes place at once: it changes nothing.
 * - *Unknown updates only when demanded*; see {@link Machine}. Unknown reads say nothing and are dropped.
 * - *Absorbed writes.* When a blind write takes place, every open blind write may just as well have taken place
 *   directly before it, unseen. So each of them is done (it has no obligation left), and yet not spent: it can still
 *   take a visible place. A blind write is placed only where its completion forces it or where its value is demanded.
 * - *Dominance.* A configuration goes if another one with the same state can do all that it can.
 */
export function searchFrontier(
  operations: readonly Operation[], model: Model, meter: Meter, machineOf: MachineMaker,
): SearchResult {
  const positions: number[] = [];
  operations.forEach((operation, position) => {
    const isDefinite = operation.outcome === 'ok';
    if (isDefinite || (operation.outcome === 'info' && !model.isObserver(operation))) positions.push(position);
  });
  const relevant = positions.map((position) => operations[position] as Operation);
  const search = new FrontierSearch(relevant, machineOf(relevant), meter);
  const result = search.run();
  switch (result.kind) {
    case 'linearizable':
      return { kind: 'linearizable', order: result.order.map((index) => positions[index] as number) };
    case 'stuck':
      return { ...result, position: positions[result.position] as number };
    case 'gave-up':
      return result;
  }
}

/** Makes the machine of a model; see {@link Model.machine}. */
type MachineMaker = (operations: readonly Operation[]) => Machine;

/** Interchangeable updates of unknown outcome. */
interface UnknownClass {
  /** Those already invoked, in this order. */
  readonly members: number[];
  /** How many of them every configuration has used. */
  usedByAll: number;
}

class FrontierSearch {
  private readonly operations: readonly Operation[];
  private readonly machine: Machine;
  private readonly meter: Meter;

  private readonly unknownClasses: UnknownClass[] = [];
  private readonly unknownClassByCall = new Map<string, number>();
  /** Classes by what they supply. */
  private readonly suppliers = new Map<number, number[]>();

  /** Definite operations between invocation and completion, in the order of their invocations. */
  private readonly open: number[] = [];
  private readonly slots: Int32Array;
  private readonly freeSlots: number[] = [];
  /** Bit sets over slots: open operations that are blind; open ones that must agree for dominance. */
  private readonly blind: Int32Array;
  private readonly exact: Int32Array;

  private frontier: ConfigurationSet;
  private next: ConfigurationSet;
  /** Configurations in which the completing operation has not taken place yet. */
  private readonly behind: ConfigurationSet;
  private readonly current: Int32Array;
  private readonly successor: Int32Array;
  /** `demandedIn[d]` is `expansion` if `d` is demanded in the configuration under expansion. */
  private readonly demandedIn: number[] = [];
  private readonly demands: number[] = [];
  /** The last expansion in which anything at all was demanded. */
  private anythingIn = 0;
  private expansion = 0;

  constructor(operations: readonly Operation[], machine: Machine, meter: Meter) {
    this.operations = operations;
    this.machine = machine;
    this.meter = meter;
    const slotCount = greatestOverlap(operations);
    for (let slot = slotCount - 1; slot >= 0; slot -= 1) this.freeSlots.push(slot);
    const words = Math.max(1, Math.ceil(slotCount / 32));
    this.slots = new Int32Array(operations.length).fill(NONE);
    this.blind = new Int32Array(words);
    this.exact = new Int32Array(words);
    this.frontier = new ConfigurationSet(words, this.exact);
    this.next = new ConfigurationSet(words, this.exact);
    this.behind = new ConfigurationSet(words, this.exact);
    this.current = new Int32Array(this.frontier.stride);
    this.successor = new Int32Array(this.frontier.stride);
  }

  run(): SearchResult {
    this.current.fill(0);
    this.current[0] = this.machine.initial;
    this.frontier.add(this.current, NOTHING_USED, null);
    for (const { operation, isCompletion } of linesOf(this.operations)) {
      if (!isCompletion) {
        if (!this.invoke(operation)) return { kind: 'gave-up' };
        continue;
      }
      if (!this.complete(operation)) return { kind: 'gave-up' };
      if (this.frontier.alive === 0) {
        return { kind: 'stuck', position: operation, isEarliest: !this.machine.looksAhead };
      }
    }
    for (let record = 0; record < this.frontier.count; record += 1) {
      if (this.frontier.isAlive(record)) return this.linearization(this.frontier.traces[record] as Trace | null);
    }
    return { kind: 'gave-up' };
  }

  // ── Invocation ───────────────────────────────────────────────────────

  private invoke(operation: number): boolean {
    if ((this.operations[operation] as Operation).outcome === 'info') {
      this.invokeUnknown(operation);
      return true;
    }
    const slot = this.freeSlots.pop() as number;
    this.slots[operation] = slot;
    this.open.push(operation);
    const isBlind = this.machine.isBlind(operation);
    // A read that took place is better than one that did not; a cas that took place is neither better nor worse.
    const isUpdate = this.machine.supplyOf(operation) !== NONE;
    if (isBlind) setBit(this.blind, 0, slot);
    else if (isUpdate) setBit(this.exact, 0, slot);

    const { records, stride, count, traces } = this.frontier;
    for (let record = 0; record < count; record += 1) {
      const start = record * stride;
      if (!this.frontier.isAlive(record) || !this.machine.isEager(records[start] as number, operation)) continue;
      setBit(records, start + 1, slot);
      traces[record] = { operation, isAbsorbed: false, before: traces[record] as Trace | null };
    }
    return this.meter.spend(count);
  }

  private invokeUnknown(operation: number): void {
    const { f, input } = this.operations[operation] as Operation;
    const call = `${f} ${typeof input} ${valueKey(input)}`;
    const known = this.unknownClassByCall.get(call);
    if (known !== undefined) {
      (this.unknownClasses[known] as UnknownClass).members.push(operation);
      return;
    }
    const unknownClass = this.unknownClasses.length;
    this.unknownClasses.push({ members: [operation], usedByAll: 0 });
    this.unknownClassByCall.set(call, unknownClass);
    const supply = this.machine.supplyOf(operation);
    const sameSupply = this.suppliers.get(supply);
    if (sameSupply === undefined) this.suppliers.set(supply, [unknownClass]);
    else sameSupply.push(unknownClass);
  }

  // ── Completion ───────────────────────────────────────────────────────

  private complete(operation: number): boolean {
    const { frontier, behind, next } = this;
    const slot = this.slots[operation] as number;
    behind.clear();
    next.clear();
    for (let record = 0; record < frontier.count; record += 1) {
      if (!frontier.isAlive(record)) continue;
      frontier.read(record, this.successor);
      this.keep(operation, frontier.used[record] as UsedUnknowns, frontier.traces[record] as Trace | null);
    }
    // `behind` grows while it is walked.
    for (let record = 0; record < behind.count; record += 1) {
      if (behind.isAlive(record)) this.expand(operation, record);
      if (!this.meter.hold(behind.alive + next.alive, behind.bytes() + next.bytes())) return false;
    }
    this.open.splice(this.open.indexOf(operation), 1);
    clearBit(this.blind, 0, slot);
    clearBit(this.exact, 0, slot);
    this.freeSlots.push(slot);
    this.frontier = next;
    this.next = frontier;
    this.subtractCommonUse();
    return this.meter.spend(next.count);
  }

  /** Tries every operation that may take place next in a configuration where `completing` has not. */
  private expand(completing: number, record: number): void {
    const { machine, current } = this;
    this.behind.read(record, current);
    const state = current[0] as number;
    const used = this.behind.used[record] as UsedUnknowns;
    const trace = this.behind.traces[record] as Trace | null;
    const demanded = this.collectDemands(state);
    this.meter.spend(this.open.length + demanded.length * (1 + (used.length >> 5)));

    for (const operation of this.open) {
      const slot = this.slots[operation] as number;
      if (machine.isBlind(operation)) {
        if (hasBit(current, 1 + this.behind.words, slot)) continue;
        if (operation !== completing && !this.isDemanded(machine.supplyOf(operation))) continue;
      } else if (hasBit(current, 1, slot)) continue;
      const nextState = machine.step(state, operation);
      if (nextState !== NONE) this.place(completing, operation, nextState, used, trace);
    }
    for (const supply of demanded) {
      for (const unknownClass of this.suppliers.get(supply) ?? []) {
        this.placeUnknown(completing, unknownClass, state, used, trace);
      }
    }
  }

  private placeUnknown(
    completing: number, unknownClass: number, state: number, used: UsedUnknowns, trace: Trace | null,
  ): void {
    const { members, usedByAll } = this.unknownClasses[unknownClass] as UnknownClass;
    const operation = members[usedByAll + countUsed(used, unknownClass)];
    if (operation === undefined) return;
    const nextState = this.machine.step(state, operation);
    if (nextState === NONE) return;
    // A write of what is there already may still be needed: behind another one, which nobody sees, as an unknown delete
    // comes behind an open write where a cas has found nothing.
    if (nextState === state && !(this.machine.isBlind(operation) && this.absorbs())) return;
    this.place(completing, operation, nextState, withUse(used, unknownClass), trace);
  }

  /** Whether a blind write in the configuration `current` leaves another one nothing to do. */
  private absorbs(): boolean {
    return this.blind.some((open, word) => (open & ~(this.current[1 + word] as number)) !== 0);
  }

  /** `operation` takes place in the configuration `current`, and with it all open reads that are right afterwards. */
  private place(completing: number, operation: number, state: number, used: UsedUnknowns, trace: Trace | null): void {
    const { machine, successor } = this;
    const { words } = this.behind;
    successor.set(this.current);
    successor[0] = state;
    let longer: Trace = { operation, isAbsorbed: false, before: trace };
    const isBlind = machine.isBlind(operation);
    if (isBlind) {
      for (let word = 0; word < words; word += 1) {
        successor[1 + word] = (successor[1 + word] as number) | (this.blind[word] as number);
      }
    }
    const slot = this.slots[operation] as number;
    if (slot !== NONE) setBit(successor, isBlind ? 1 + words : 1, slot);
    for (const other of this.open) {
      const otherSlot = this.slots[other] as number;
      if (hasBit(successor, 1, otherSlot) || !machine.isEager(state, other)) continue;
      setBit(successor, 1, otherSlot);
      longer = { operation: other, isAbsorbed: false, before: longer };
    }
    this.keep(completing, used, longer);
  }

  /** Files the configuration `successor` by whether `completing` has taken place in it. */
  private keep(completing: number, used: UsedUnknowns, trace: Trace | null): void {
    const { successor } = this;
    const slot = this.slots[completing] as number;
    const isDone = hasBit(successor, 1, slot);
    const isUnspent = !hasBit(successor, 1 + this.next.words, slot);
    clearBit(successor, 1, slot);
    clearBit(successor, 1 + this.next.words, slot);
    const isAbsorbed = isDone && isUnspent && this.machine.isBlind(completing);
    if (isDone) {
      const longer = isAbsorbed ? { operation: completing, isAbsorbed, before: trace } : trace;
      this.meter.spend(this.next.add(successor, used, longer));
    }
    // An absorbed write may yet take a visible place, and this is its last chance.
    if (!isDone || isAbsorbed) this.meter.spend(this.behind.add(successor, used, trace));
  }

  // ── Demands ──────────────────────────────────────────────────────────

  /** What somebody could make use of in the configuration `current`. Valid until the next call. */
  private collectDemands(state: number): readonly number[] {
    const { demands, machine } = this;
    this.expansion += 1;
    demands.length = 0;
    this.demand(machine.demandOfState(state));
    for (const operation of this.open) {
      if (!hasBit(this.current, 1, this.slots[operation] as number)) this.demand(machine.demandOf(operation));
    }
    // An unknown cas that could supply a demand has a demand of its own. `demands` grows while it is walked.
    for (const demand of demands) {
      for (const unknownClass of this.suppliers.get(demand) ?? []) {
        this.demand(machine.demandOf((this.unknownClasses[unknownClass] as UnknownClass).members[0] as number));
      }
    }
    return demands;
  }

  private demand(value: number): void {
    if (value === ANYTHING) {
      this.anythingIn = this.expansion;
      for (const supply of this.suppliers.keys()) this.demand(supply);
      return;
    }
    if (value === NONE || this.demandedIn[value] === this.expansion) return;
    this.demandedIn[value] = this.expansion;
    this.demands.push(value);
  }

  private isDemanded(value: number): boolean {
    return this.anythingIn === this.expansion || this.demandedIn[value] === this.expansion;
  }

  // ── The rest ─────────────────────────────────────────────────────────

  /** What every configuration has used tells none of them apart. */
  private subtractCommonUse(): void {
    const { frontier } = this;
    let common: UsedUnknowns | null = null;
    for (let record = 0; record < frontier.count; record += 1) {
      if (!frontier.isAlive(record)) continue;
      const used = frontier.used[record] as UsedUnknowns;
      common = common === null ? used : inCommon(common, used);
      if (common.length === 0) return;
    }
    if (common === null) return;
    for (const unknownClass of common) (this.unknownClasses[unknownClass] as UnknownClass).usedByAll += 1;
    for (let record = 0; record < frontier.count; record += 1) {
      if (frontier.isAlive(record)) frontier.used[record] = without(frontier.used[record] as UsedUnknowns, common);
    }
  }

  private linearization(last: Trace | null): SearchResult {
    const backwards: number[] = [];
    let absorbed: number[] = [];
    for (let trace = last; trace !== null; trace = trace.before) {
      if (trace.isAbsorbed) {
        absorbed.push(trace.operation);
        continue;
      }
      backwards.push(trace.operation);
      if (!this.machine.isBlind(trace.operation)) continue;
      backwards.push(...absorbed);
      absorbed = [];
    }
    return { kind: 'linearizable', order: backwards.reverse() };
  }
}

/** All invocations, and the completions of definite operations, in the order of the history. */
function linesOf(operations: readonly Operation[]): { operation: number; isCompletion: boolean }[] {
  const lines: { operation: number; isCompletion: boolean; index: number }[] = [];
  operations.forEach(({ outcome, invokedIndex, completedIndex }, operation) => {
    lines.push({ operation, isCompletion: false, index: invokedIndex });
    if (outcome === 'ok') lines.push({ operation, isCompletion: true, index: completedIndex as number });
  });
  return lines.sort((left, right) =>
    left.index - right.index || Number(left.isCompletion) - Number(right.isCompletion));
}

/** The largest number of definite operations that are open at one time. */
function greatestOverlap(operations: readonly Operation[]): number {
  let overlap = 0;
  let greatest = 0;
  for (const { operation, isCompletion } of linesOf(operations)) {
    if ((operations[operation] as Operation).outcome !== 'ok') continue;
    overlap += isCompletion ? -1 : 1;
    greatest = Math.max(greatest, overlap);
  }
  return greatest;
}

function setBit(bits: Int32Array, start: number, slot: number): void {
  const word = start + (slot >>> 5);
  bits[word] = (bits[word] as number) | (1 << (slot & 31));
}

function clearBit(bits: Int32Array, start: number, slot: number): void {
  const word = start + (slot >>> 5);
  bits[word] = (bits[word] as number) & ~(1 << (slot & 31));
}

function hasBit(bits: Int32Array, start: number, slot: number): boolean {
  return ((bits[start + (slot >>> 5)] as number) & (1 << (slot & 31))) !== 0;
}
