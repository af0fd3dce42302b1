import type { FaultLine, FaultSpec, Range, Scenario, Target, Trigger, WeightedFault } from '../scenario.ts';
import type { CatalogueProtocol } from '../catalogue.ts';
import { suggestion } from './did-you-mean.ts';
import { readOptions } from './options.ts';
import { quote } from './problem.ts';
import { formatDuration } from './quantity.ts';
import type { Report } from './report.ts';
import { actionKinds, type ActionFile, type ActionKind, type FaultLineFile } from './schema.ts';
import type { Path } from './tree.ts';

type SimpleFault = WeightedFault['action'];
type LinkProfile = Scenario['network'];

/** What a fault line can refer to; `null` where another part of the file is broken and nothing can be said. */
export interface FaultSurroundings {
  readonly nodes: number | null;
  readonly clients: number | null;
  /** Protected resources. */
  readonly resources: number;
  readonly durationUs: number | null;
  /** The lines of `faults` that are for this system, by their places in the file. */
  readonly lines: readonly number[];
  readonly protocol: CatalogueProtocol | null;
  /** What the file sets, and the defaults of the protocol. */
  readonly options: Scenario['system']['options'];
  readonly network: LinkProfile;
}

/** A network setting as a file has it. */
export type NetworkFile = Pick<NonNullable<ActionFile['link']>, 'latency' | 'loss' | 'duplicate' | 'slow'>;

const ms = 1_000;
const s = 1_000_000;

/** They are drawn before the run, and kept. */
export const faultsMax = 100_000;
/** What every client sends and gets. */
const clientMessages: readonly string[] = ['ClientRequest', 'ClientResponse'];
const aboutHints = {
  'nothing': 'leave out `node` and `nodes`', 'a node': 'write `node: n1`', 'nodes': 'write `nodes: [n1, n2]`',
} as const;
/** Targets that are no names. */
const roles: readonly string[] = ['leader', 'follower', 'any', 'all', 'it'];

/** What the short form of an action, and a bare word in `kinds`, stand for. */
const defaults = {
  target: 'any',
  flavour: 'machine', // The harder one: a process crash loses nothing that was written.
  inFlight: 'lost',
  orderTo: 'leader',
  syncUs: { min: 100 * ms, max: 500 * ms },
  byUs: { min: -10 * s, max: 10 * s },
  perMillion: { min: -10_000, max: 10_000 },
} as const;

/** What a bare word in `kinds` stands for. `restart`, `resume` and `heal` are left to the durations. */
const randomFaults: Partial<Record<ActionKind, { readonly action: SimpleFault; readonly forUs: Range | null }>> = {
  'crash': {
    action: { kind: 'crash', target: 'any', flavour: defaults.flavour, forUs: null },
    forUs: { min: 500 * ms, max: 3 * s },
  },
  'pause': { action: { kind: 'pause', target: 'any', forUs: null }, forUs: { min: 200 * ms, max: 2 * s } },
  'partition': {
    action: { kind: 'partition', shape: { kind: 'halves' }, inFlight: 'lost', forUs: null },
    forUs: { min: 500 * ms, max: 3 * s },
  },
  'cut': {
    action: { kind: 'cut', from: 'any', to: 'all', inFlight: 'lost', forUs: null },
    forUs: { min: 500 * ms, max: 3 * s },
  },
  'hold': {
    action: { kind: 'hold', from: 'any', to: 'all', message: null, forUs: null },
    forUs: { min: 100 * ms, max: 1 * s },
  },
  'clock-jump': { action: { kind: 'clock-jump', target: 'any', byUs: defaults.byUs }, forUs: null },
  'disk-slow': {
    action: { kind: 'disk-slow', target: 'any', syncUs: defaults.syncUs, forUs: null },
    forUs: { min: 500 * ms, max: 3 * s },
  },
  'clock-drift': {
    action: { kind: 'clock-drift', target: 'any', perMillion: defaults.perMillion, forUs: null },
    forUs: { min: 1 * s, max: 5 * s },
  },
};

/** What a file says of a network on top of another profile. */
export function networkOf(file: NetworkFile, base: LinkProfile): LinkProfile {
  return {
    latencyUsMin: file.latency?.min ?? base.latencyUsMin,
    latencyUsMax: file.latency?.max ?? base.latencyUsMax,
    lossPerMillion: file.loss ?? base.lossPerMillion,
    duplicatePerMillion: file.duplicate ?? base.duplicatePerMillion,
    slowPerMillion: file.slow?.rate ?? base.slowPerMillion,
    slowUsMin: file.slow?.delay.min ?? base.slowUsMin,
    slowUsMax: file.slow?.delay.max ?? base.slowUsMax,
  };
}

/** A line of `faults`, complete; `null` if something is wrong, which the report then has. */
export function resolveFaultLine(
  line: FaultLineFile, path: Path, surroundings: FaultSurroundings, report: Report,
): FaultLine | null {
  return new FaultReader(surroundings, report).line(line, path);
}

/** One line's worth of checks. Durations that are not a single value only fit a random line. */
class FaultReader {
  private readonly surroundings: FaultSurroundings;
  private readonly report: Report;
  /** The line waits for an event, so that `it` means somebody. */
  private hasEvent = false;

  constructor(surroundings: FaultSurroundings, report: Report) {
    this.surroundings = surroundings;
    this.report = report;
  }

  line(line: FaultLineFile, path: Path): FaultLine | null {
    const trigger = this.trigger(line, path);
    if (trigger === null) return null;
    this.hasEvent = trigger.kind === 'when';
    const action = trigger.kind === 'random'
      ? this.randomAction(line, path)
      : this.soleAction(line, path, trigger.kind === 'at' ? trigger.atUs : null);
    return action === null ? null : { trigger, action, allowVacuous: line.allowVacuous ?? false };
  }

  private trigger(line: FaultLineFile, path: Path): Trigger | null {
    const given = (['at', 'when', 'random'] as const).filter((key) => line[key] !== undefined);
    if (given.length !== 1) {
      const message = given.length === 0 ? 'this fault has no trigger' : `this fault has ${given.length} triggers`;
      this.report.value(path, message, 'write exactly one of at, when, random');
      return null;
    }
    if (line.at !== undefined) {
      this.insideRun(line.at, [...path, 'at'], 'this fault strikes');
      return { kind: 'at', atUs: line.at };
    }
    if (line.when !== undefined) return this.whenTrigger(line.when, [...path, 'when']);
    return line.random === undefined ? null : this.randomTrigger(line.random, [...path, 'random']);
  }

  private whenTrigger(when: NonNullable<FaultLineFile['when']>, path: Path): Trigger {
    const { event, by = null, nth = 1, after = 0, until = null } = typeof when === 'string' ? { event: when } : when;
    const events = this.surroundings.protocol?.events;
    if (events !== undefined && !events.includes(event)) {
      const at = typeof when === 'string' ? path : [...path, 'event'];
      this.report.value(at, `${quote(event)} is not an event of this protocol`, suggestion(event, events));
    }
    if (by !== null) this.process(by, [...path, 'by']);
    this.insideRun(after, [...path, 'after'], 'this fault strikes');
    if (until !== null && until < after) {
      this.report.value([...path, 'until'], 'this fault never strikes: `until` is over before `after`');
    }
    return { kind: 'when', event, by, nth, afterUs: after, untilUs: until };
  }

  private randomTrigger(random: NonNullable<FaultLineFile['random']>, path: Path): Trigger {
    const { durationUs } = this.surroundings;
    // The last quarter is left to heal in, or no run would show that progress resumes.
    const untilUs = random.until ?? Math.floor((durationUs ?? 0) * 3 / 4);
    const fromUs = random.from ?? 0;
    if (random.every.min === 0) this.report.value([...path, 'every'], 'faults need some time between them');
    else if ((untilUs - fromUs) / random.every.min > faultsMax) {
      const message = `these may be more than ${faultsMax} faults`;
      this.report.value([...path, 'every'], message, 'leave more time between them, or stop earlier');
    }
    if (random.until !== undefined && durationUs !== null && random.until > durationUs) {
      const message = `\`until\` is ${formatDuration(random.until)}, but the run lasts ${formatDuration(durationUs)}`;
      this.report.value([...path, 'until'], message, 'lengthen `duration`, or stop earlier');
    }
    if (durationUs !== null && fromUs >= untilUs) {
      const message = `these faults end (${formatDuration(untilUs)}) before they begin (${formatDuration(fromUs)})`;
      this.report.value([...path, 'from'], message, 'set `from` before `until`');
    }
    return { kind: 'random', everyUs: random.every, fromUs, untilUs };
  }

  private insideRun(atUs: number, path: Path, what: string): void {
    const { durationUs } = this.surroundings;
    if (durationUs === null || atUs < durationUs) return;
    const message = `${what} at ${formatDuration(atUs)}, but the run lasts ${formatDuration(durationUs)}`;
    this.report.value(path, message, 'lengthen `duration`, or choose an earlier time');
  }

  /** The one action of a line that is not random. */
  private soleAction(line: FaultLineFile, path: Path, atUs: number | null): FaultSpec | null {
    const read = this.action(line, path);
    if (read === null) return null;
    const { action, forUs } = read;
    if (forUs === null) return action;
    const kind = action.kind;
    if (forUs.min !== forUs.max) {
      this.report.value([...path, kind, 'for'], 'a range of durations is for random faults', 'write one duration');
    }
    const { durationUs } = this.surroundings;
    const endUs = (atUs ?? 0) + forUs.min;
    if (durationUs !== null && endUs > durationUs) {
      const message = `\`for\` ends at ${formatDuration(endUs)}, but the run lasts ${formatDuration(durationUs)}`;
      this.report.value([...path, kind, 'for'], message, 'lengthen `duration`, heal earlier, or leave `for` out');
    }
    return 'forUs' in action ? { ...action, forUs: forUs.min } : action;
  }

  /** Of a random line: the action beside it, or one of its `kinds`. */
  private randomAction(line: FaultLineFile, path: Path): FaultSpec | null {
    const { random } = line;
    const beside = actionKinds.filter((kind) => line[kind] !== undefined);
    if (random?.kinds === undefined) {
      const read = this.action(line, path, 'an action beside it, or `kinds`');
      if (read === null) return null;
      const { action, forUs } = read;
      if (forUs === null) return action;
      if (forUs.min === forUs.max && 'forUs' in action) return { ...action, forUs: forUs.min };
      return { kind: 'one-of', choices: [{ weight: 1, action, forUs }] };
    }
    if (beside.length > 0) {
      const message = 'the actions of this fault stand in `kinds` already';
      this.report.key([...path, beside[0] ?? ''], message, 'keep one of the two');
      return null;
    }
    const choices = random.kinds.map((choice, index): WeightedFault | null => {
      const at = [...path, 'random', 'kinds', index];
      if (typeof choice === 'string') return this.bareChoice(choice, at);
      const read = this.action(choice, at);
      return read === null ? null : { weight: choice.weight ?? 1, ...read };
    });
    const good = choices.filter((choice) => choice !== null);
    return good.length === choices.length ? { kind: 'one-of', choices: good } : null;
  }

  private bareChoice(word: string, path: Path): WeightedFault | null {
    const standing = Object.hasOwn(randomFaults, word) ? randomFaults[word as ActionKind] : undefined;
    if (standing !== undefined) {
      if (word === 'partition') this.enoughNodes(2, 'a partition', path);
      return { weight: 1, ...standing };
    }
    const isKind = (actionKinds as readonly string[]).includes(word);
    const message = isKind ? `${quote(word)} needs its settings here` : `${quote(word)} is not a kind of fault`;
    const hint = isKind ? `write { ${word}: … }` : suggestion(word, Object.keys(randomFaults));
    this.report.value(path, message, hint);
    return null;
  }

  /** The one action of a line or of a choice, without its duration, which is beside it. */
  private action(
    file: ActionFile, path: Path, wanted = `one of ${actionKinds.join(', ')}`,
  ): { readonly action: SimpleFault; readonly forUs: Range | null } | null {
    const given = actionKinds.filter((kind) => file[kind] !== undefined);
    const [kind] = given;
    if (kind === undefined || given.length > 1) {
      const message = kind === undefined ? 'this fault does nothing' : `this fault does ${given.length} things`;
      this.report.value(path, message, `write ${wanted}${kind === undefined ? '' : '; one line, one action'}`);
      return null;
    }
    const action = this.actionOf(kind, file, path);
    if (action === null) return null;
    const settings = file[kind];
    const forUs = typeof settings === 'object' && settings !== null && 'for' in settings ? settings.for : undefined;
    if (forUs?.min === 0) this.report.value([...path, kind, 'for'], 'a fault that lasts 0 is none');
    return { action, forUs: forUs ?? null };
  }

  private actionOf(kind: ActionKind, file: ActionFile, path: Path): SimpleFault | null {
    const at = [...path, kind];
    switch (kind) {
      case 'crash': {
        const { target, settings } = this.targeted(file.crash, at);
        return { kind, target, flavour: settings?.flavour ?? defaults.flavour, forUs: null };
      }
      case 'restart':
      case 'resume':
        return { kind, target: this.targeted(file[kind], at).target };
      case 'pause': {
        const { target, settings } = this.targeted(file.pause, at);
        return { kind, target, ...(settings?.clock === 'stopped' ? { clock: 'stopped' } : {}), forUs: null };
      }
      case 'partition':
        return this.partition(file.partition, at);
      case 'cut': {
        const { from, to, settings } = this.directed(file.cut, at);
        return { kind, from, to, inFlight: settings?.inFlight ?? defaults.inFlight, forUs: null };
      }
      case 'hold': {
        const { from, to, settings } = this.directed(file.hold, at);
        const message = settings?.message ?? null;
        if (message !== null) this.messageKind(message, [...at, 'message']);
        return { kind, from, to, message, forUs: null };
      }
      case 'link': {
        const { from, to, settings } = this.directed(file.link, at);
        return { kind, from, to, profile: networkOf(settings ?? {}, this.surroundings.network), forUs: null };
      }
      case 'clock-jump': {
        const { target, settings } = this.targeted(file['clock-jump'], at);
        return { kind, target, byUs: settings?.by ?? defaults.byUs };
      }
      case 'clock-drift': {
        const { target, settings } = this.targeted(file['clock-drift'], at);
        return { kind, target, perMillion: settings?.rate ?? defaults.perMillion, forUs: null };
      }
      case 'disk-slow': {
        const { target, settings } = this.targeted(file['disk-slow'], at);
        return { kind, target, syncUs: settings?.sync ?? defaults.syncUs, forUs: null };
      }
      case 'bit-flip': {
        const { target, settings } = this.targeted(file['bit-flip'], at);
        return { kind, target, file: settings?.file ?? null, index: settings?.index ?? null };
      }
      case 'sync-error': {
        const { target, settings } = this.targeted(file['sync-error'], at);
        return { kind, target, count: settings?.count ?? 1, forUs: null };
      }
      case 'wipe-disk':
      case 'torn-write':
      case 'disk-full':
      case 'lying-sync':
        return { kind, target: this.targeted(file[kind], at).target, forUs: null };
      case 'order':
        return this.order(file.order ?? '', at);
      case 'set':
        return this.set(file.set ?? {}, at);
      case 'heal':
        return { kind };
    }
  }

  private messageKind(kind: string, path: Path): void {
    const own = this.surroundings.protocol?.messages;
    const kinds = [...own ?? [], ...clientMessages];
    if (own === undefined || kinds.includes(kind)) return;
    this.report.value(path, `${quote(kind)} is not a message of this protocol`, suggestion(kind, kinds));
  }

  private order(file: NonNullable<ActionFile['order']>, path: Path): SimpleFault | null {
    const { name, to = defaults.orderTo, node, nodes } = typeof file === 'string' ? { name: file } : file;
    const { protocol } = this.surroundings;
    const target = this.nodesOnly(to, [...path, 'to']);
    const about = node ?? nodes ?? null;
    const action: SimpleFault = { kind: 'order', order: name, target, nodes: about };
    if (node !== undefined) this.nodesOnly(node, [...path, 'node']);
    if (nodes !== undefined) this.nodesOnly(nodes, [...path, 'nodes']);
    if (protocol === null) return action;
    const orders = protocol.orders ?? {};
    const spec = Object.hasOwn(orders, name) ? orders[name] : undefined;
    if (spec === undefined) {
      const at = typeof file === 'string' ? path : [...path, 'name'];
      const names = Object.keys(orders);
      const hint = names.length === 0 ? 'it takes no orders' : suggestion(name, names);
      this.report.value(at, `${quote(name)} is not an order of this protocol`, hint);
      return null;
    }
    const given = node !== undefined && nodes !== undefined ? 'both' : node !== undefined ? 'a node' : 'nodes';
    if ((about === null ? 'nothing' : given) === spec.about && node !== 'all') return action;
    this.report.value(path, `an order ${quote(name)} is about ${spec.about}`, aboutHints[spec.about]);
    return null;
  }

  private set({ for: _for, ...given }: NonNullable<ActionFile['set']>, path: Path): SimpleFault {
    const { protocol, options } = this.surroundings;
    const action = { kind: 'set', forUs: null } as const;
    if (protocol === null) return { ...action, options: {} };
    if (Object.keys(given).length === 0) this.report.value(path, 'this sets no option');
    const read = readOptions(given, protocol, path, this.report);
    const problem = protocol.optionsProblem?.({ ...options, ...read }) ?? null;
    if (problem !== null) this.report.value([...path, problem.option], problem.message);
    return { ...action, options: read };
  }

  /** A target that no client can be. */
  private nodesOnly(target: Target, path: Path): Target {
    const names = typeof target === 'string' ? [target] : target;
    names.forEach((name, index) => {
      if (!/^[cr][1-9]/.test(name)) return;
      const at = typeof target === 'string' ? path : [...path, index];
      this.report.value(at, `${name} is no node, and orders are given to nodes, about nodes`);
    });
    return this.target(target, path);
  }

  private targeted<Settings extends { target: Target }>(
    file: string | string[] | Settings | undefined, path: Path,
  ): { readonly target: Target; readonly settings: Settings | null } {
    if (typeof file === 'object' && !Array.isArray(file)) {
      return { target: this.target(file.target, [...path, 'target']), settings: file };
    }
    return { target: this.target(file ?? defaults.target, path), settings: null };
  }

  private directed<Settings extends { from: Target; to: Target }>(
    file: string | Settings | undefined, path: Path,
  ): { readonly from: Target; readonly to: Target; readonly settings: Settings | null } {
    if (typeof file === 'object') {
      const from = this.target(file.from, [...path, 'from']);
      return { from, to: this.target(file.to, [...path, 'to']), settings: file };
    }
    const [from = '', to = ''] = (file ?? '').split('>').map((end) => end.trim());
    return { from: this.target(from, path), to: this.target(to, path), settings: null };
  }

  private partition(file: ActionFile['partition'], path: Path): SimpleFault | null {
    const settings = typeof file === 'object' ? file : { shape: file };
    const given = (['shape', 'isolate', 'groups'] as const).filter((key) => settings[key] !== undefined);
    if (given.length !== 1) {
      const message = given.length === 0 ? 'this partition has no shape' : 'this partition has more than one shape';
      this.report.value(path, message, 'write exactly one of shape, isolate, groups');
      return null;
    }
    this.enoughNodes(2, 'a partition', path);
    const rest = { inFlight: settings.inFlight ?? defaults.inFlight, forUs: null };
    if (settings.isolate !== undefined) {
      const target = this.target(settings.isolate, [...path, 'isolate']);
      return { kind: 'partition', shape: { kind: 'isolate', target }, ...rest };
    }
    if (settings.groups !== undefined) {
      this.groups(settings.groups, [...path, 'groups']);
      return { kind: 'partition', shape: { kind: 'groups', groups: settings.groups }, ...rest };
    }
    const kind = settings.shape ?? 'halves';
    if (kind === 'ring') this.enoughNodes(4, 'a ring', path);
    if (kind === 'bridge' || kind === 'majorities-ring') this.enoughNodes(3, `a ${kind}`, path);
    return { kind: 'partition', shape: { kind }, ...rest };
  }

  private enoughNodes(min: number, what: string, path: Path): void {
    const { nodes } = this.surroundings;
    if (nodes !== null && nodes < min) {
      this.report.value(path, `${what} needs at least ${min} nodes, and the system has ${nodes}`);
    }
  }

  /** A node in no group would be on no side: that is a slip, and never what was meant. */
  private groups(groups: readonly (readonly string[])[], path: Path): void {
    const seen = new Set<string>();
    groups.forEach((group, index) => {
      group.forEach((name, position) => {
        const at = [...path, index, position];
        this.process(name, at);
        if (seen.has(name)) this.report.value(at, `${quote(name)} stands in the groups twice`);
        seen.add(name);
      });
    });
    const { nodes } = this.surroundings;
    const absent = Array.from({ length: nodes ?? 0 }, (_, index) => `n${index + 1}`).filter((name) => !seen.has(name));
    if (absent.length > 0) this.report.value(path, `${absent.join(', ')} in no group`, 'every node needs a side');
  }

  private target(target: Target, path: Path): Target {
    if (typeof target !== 'string') {
      target.forEach((name, index) => { this.process(name, [...path, index]); });
      return target;
    }
    if (target === 'it' && !this.hasEvent) {
      this.report.value(path, '`it` is the process of the event that a line waits for', 'use it with `when`');
    } else if (!roles.includes(target)) {
      this.process(target, path, true);
    }
    return target;
  }

  /** The name of a process: `n3`, `c1`. */
  private process(name: string, path: Path, mayBeGroup = false): void {
    const [, kind, number] = /^([ncr])([1-9]\d*)$/.exec(name) ?? [];
    if (kind === undefined) {
      const words = mayBeGroup ? roles : [];
      const hint = suggestion(name, words) ?? 'nodes are n1, n2, …, clients c1, c2, …, a resource r1';
      const what = mayBeGroup ? 'a target' : 'the name of a process';
      this.report.value(path, `${quote(name)} is not ${what}`, hint);
      return;
    }
    const { nodes, clients, resources } = this.surroundings;
    const counted: Readonly<Record<string, readonly [number | null, string]>> =
      { n: [nodes, 'node'], c: [clients, 'client'], r: [resources, 'resource'] };
    const [count, what] = counted[kind] ?? [null, ''];
    if (count === null || Number(number) <= count) return;
    this.report.value(path, `${name}: the system has ${count} ${what}${count === 1 ? '' : 's'}`);
  }
}
