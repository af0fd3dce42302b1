import type { Catalogue } from '../catalogue.ts';
import type { Scenario, SystemPart } from '../scenario.ts';
import { suggestion } from './did-you-mean.ts';
import { quote } from './problem.ts';
import type { Report } from './report.ts';
import { resolveScenario, type GoodParts } from './resolve.ts';
import { actionKinds, type CheckFile, type SystemFile } from './schema.ts';
import type { Path } from './tree.ts';

/** The parts of a file that have their shape, whether it has one system or several. */
export type GoodFile = GoodParts & {
  /** `null` in a file of one system. */
  readonly systems: readonly { readonly index: number; readonly item: SystemFile }[] | null;
};

/** A scenario of a file; `part` is `null` where the file has no other. */
export interface SystemScenario {
  readonly scenario: Scenario;
  readonly part: SystemPart | null;
}

/** What is said of one of several systems alone stands with that system. */
const ownKeys = ['initial', 'defect', 'expect'] as const;

/**
 * One scenario for each system of a file, in the order of the file. Everything but the systems is the same for all,
 * unless a `where` says for which it is. The result means something only if the report has no problem afterwards.
 */
export function resolveSystems(file: GoodFile, catalogue: Catalogue, report: Report): readonly SystemScenario[] {
  if (file.systems === null) {
    checkWhere(file, null, report);
    return [{ scenario: resolveScenario(file, catalogue, report), part: null }];
  }
  const names = file.systems.map(({ item }) => item.protocol);
  checkWhere(file, names, report);
  file.systems.forEach(({ index, item: { protocol } }, at) => {
    if (names.indexOf(protocol) === at) return;
    report.value(['systems', index, 'protocol'], `${quote(protocol)} stands here twice`, 'make it a file of its own');
  });
  const { profile = 'none' } = file;
  if (profile !== 'none') {
    const message = `${quote(profile)} draws other faults for each system, and they are to meet the same`;
    report.value(['profile'], message, 'write the faults out, or a file for each system');
  }
  const passes = file.systems.map(({ index, item }) => {
    const own = report.moved((path) => placeOf(path, index, item));
    const { parts, leftOut } = partsFor(file, item);
    refuseOtherDefect(file.defect, item, catalogue, own);
    const scenario = resolveScenario(parts, catalogue, own);
    return { scenario, part: { system: item.protocol, leftOut }, report: own };
  });
  report.takeOver(passes.map(({ part: { system }, report: own }) => ({ system, report: own })));
  refuseOtherWorkloads(passes.map(({ scenario }) => scenario), report);
  return passes.map(({ scenario, part }) => ({ scenario, part }));
}

/** Where the file of several systems has what a file of this one would have at a path. */
function placeOf(path: Path, index: number, item: SystemFile): Path {
  const [key, ...below] = path;
  if (key === 'system') return ['systems', index, ...below];
  const own = ownKeys.find((each) => each === key);
  const said: unknown = own === undefined || !(own in item) ? undefined : item[own as keyof SystemFile];
  if (said === undefined) return path;
  const isCommon = own === 'expect' && !Object.hasOwn(said as object, String(below[0]));
  return isCommon ? path : ['systems', index, ...path];
}

/** The file as if it had this system alone, and what is not for it. */
function partsFor(
  file: GoodFile, item: SystemFile,
): { readonly parts: GoodParts; readonly leftOut: readonly string[] } {
  const { systems: _systems, faults, check, resource, ...common } = file;
  const { initial, defect, expect, ...system } = item;
  const leftOut: string[] = [];
  const isHere = (where: readonly string[] | undefined, what: () => string): boolean => {
    const isFor = where === undefined || where.includes(system.protocol);
    if (!isFor) leftOut.push(what());
    return isFor;
  };
  const parts: GoodParts = {
    ...common,
    system,
    ...(initial === undefined ? {} : { initial }),
    ...(defect === undefined ? {} : { defect }),
    expect: { ...common.expect, ...expect },
    resource: isHere(resource?.where, () => 'the settings of the resource') ? resource : undefined,
    faults: faults.filter(({ index, item: line }) => isHere(line.where, () => {
      const kind = line.random === undefined ? actionKinds.find((each) => line[each] !== undefined) : 'random';
      return `fault ${index + 1} (${kind ?? 'none'})`;
    })),
    check: check?.filter(({ item: each }) =>
      typeof each === 'string' || isHere(each.where, () => `check ${nameOf(each)}`)) ?? null,
  };
  return { parts, leftOut };
}

/** What `expect` calls a check. */
function nameOf(check: Exclude<CheckFile, string>): string {
  const [checker = ''] = Object.keys(check).filter((key) => key !== 'where');
  return check.metric === undefined ? checker : check.metric.as ?? check.metric.name;
}

/** A `where` names systems of the file, and leaves somebody out. */
function checkWhere(file: GoodFile, names: readonly string[] | null, report: Report): void {
  const refuse = (where: readonly string[] | undefined, path: Path): void => {
    if (where === undefined || file.broken.has('systems')) return;
    if (names === null) report.key(path, '`where` chooses among `systems`, and this file has none');
    else if (where.some((name) => !names.includes(name))) {
      const strange = where.filter((name) => !names.includes(name));
      const [first = ''] = strange;
      report.value(path, `${strange.map(quote).join(', ')} is not among the systems`, suggestion(first, names));
    }
  };
  refuse(file.resource?.where, ['resource', 'where']);
  for (const { index, item } of file.faults) refuse(item.where, ['faults', index, 'where']);
  for (const { index, item } of file.check ?? []) {
    if (typeof item !== 'string') refuse(item.where, ['check', index, 'where']);
  }
}

/** A defect of one protocol is armed with that protocol; those of clients and services are for all. */
function refuseOtherDefect(
  defect: GoodFile['defect'], { protocol, defect: own }: SystemFile, catalogue: Catalogue, report: Report,
): void {
  if (typeof defect !== 'string' || own !== undefined) return;
  const [owner = ''] = (catalogue.defects.get(defect) ?? '').split('/', 1);
  if (owner === protocol || !catalogue.protocols.has(owner)) return;
  report.value(['defect'], `this is a defect of ${owner}`, `write { protocol: ${owner}, defect: ${defect} }`);
}

/** Where the file does not say what clients ask for, each system has a workload of its own. */
function refuseOtherWorkloads(scenarios: readonly Scenario[], report: Report): void {
  const kinds = [...new Set(scenarios.map(({ workload: { kind } }) => kind))];
  if (kinds.length < 2) return;
  const message = `these systems have no workload in common: ${kinds.join(', ')}`;
  report.value(['systems'], message, 'set `workload: { kind }`');
}
