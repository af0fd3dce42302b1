import type { ProtocolModule } from '../../../src/contract/module.ts';
import type { RunResult } from '../../../src/run/result.ts';
import { run } from '../../../src/run/run.ts';
import { catalogueWith } from '../../../src/scenario/catalogue.ts';
import { parseScenario } from '../../../src/scenario/file/parse.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';
import { lease } from './lease.ts';
import { plantedRaft } from './planted-raft.ts';
import { vault } from './vault.ts';

/** A fault, and a defect that is seen with it and not without it. */
export interface Experiment {
  /** What happens with the fault and the defect together. */
  readonly claim: string;
  /** The fault, as a line of a scenario file. */
  readonly line: string;
  /** Faults that do not show the defect in its place: what about the fault it is that does. */
  readonly instead?: readonly string[];
  /** Faults that stand around it, and strike without it as well. */
  readonly around?: readonly string[];
  /** Id of the defect, of the catalogue or of a protocol beside this file. */
  readonly defect: string;
  /** Name of the check, or id of the invariant, that sees it. */
  readonly catcher: string;
  /** Invariants that look at the deed and not at its consequence: they may see it without the fault. */
  readonly seenAnyway?: readonly string[];
  /** The other parts of the scenario. */
  readonly setting: string;
}

/** How many, from 1. Every experiment finds its defect in a third of its runs at least, most of them in nearly all. */
const SEEDS = 10;

const ownProtocols: readonly ProtocolModule[] = [lease, vault, plantedRaft];

/** The scenario of an experiment with these lines of faults. */
export function scenarioOf({ setting, defect }: Experiment, lines: readonly string[]): Scenario {
  const text = `name: an experiment\n${setting}\ncheck: [linearizable]\nfaults: [${lines.join(', ')}]\n`;
  const catalogue = catalogueWith(ownerOf(defect));
  const parsed = parseScenario(text, { fileName: 'experiment.yaml', catalogue });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ line, message }) => `${line}: ${message}`).join('; '));
  return parsed.scenario;
}

/** What comes of an experiment with these lines of faults behind those around it, seed by seed. */
export function resultsOf(experiment: Experiment, lines: readonly string[], defect: string | null): RunResult[] {
  const { around = [] } = experiment;
  const module = ownerOf(experiment.defect);
  const scenario = { ...scenarioOf(experiment, [...around, ...lines]), defect };
  const request = { scenario, file: null, slug: 'experiment', ...(module === undefined ? {} : { module }) };
  return Array.from({ length: SEEDS }, (_, index) => run({ ...request, seed: String(index + 1) }).result);
}

/** The protocol of ours that has this defect; `undefined` if a built-in one has it. */
function ownerOf(defect: string): ProtocolModule | undefined {
  return ownProtocols.find(({ variants }) => variants.some(({ id }) => id === defect));
}
