import type { ExitCode } from '../explore/exit-code.ts';
import { armed } from '../explore/replay.ts';
import type { SeedSelection, Shard } from '../explore/sweep.ts';
import { catalogueWith, concerned, defectsNamed } from '../host/catalogue.ts';
import { scenarioFiles } from '../host/files.ts';
import { loadProtocol } from '../host/load-protocol.ts';
import { defaultWorkers } from '../host/pool.ts';
import { HostError } from '../host/problem.ts';
import { loadScenarios, type LoadedScenario } from '../host/scenarios.ts';
import type { ColourChoice } from '../host/terminal.ts';
import type { ReporterChoice } from './arguments.ts';
import { conduct } from './conduct.ts';

/** Options of `run`, as commander hands them over. */
export interface RunOptions {
  readonly seed?: string;
  readonly seeds?: SeedSelection;
  readonly jobs?: number;
  readonly shard?: Shard;
  readonly system?: string;
  readonly defect?: string;
  readonly protocol?: string;
  readonly verifyDeterminism?: true;
  readonly reporter?: readonly ReporterChoice[];
  readonly color: ColourChoice;
}

/** `run FILE…`. */
export async function runCommand(paths: readonly string[], options: RunOptions): Promise<ExitCode> {
  const protocol = options.protocol === undefined ? null
    : { path: options.protocol, module: await loadProtocol(options.protocol) };
  const plan = options.defect === undefined ? null : defectsNamed(options.defect, protocol?.module);
  const files = scenarioFiles(paths);
  if (files.length === 0) throw new HostError(4, `nothing was selected: no *.yaml below ${paths.join(', ')}`);
  const catalogue = catalogueWith(protocol?.module);
  const all = loadScenarios(files, catalogue);
  const loaded = options.system === undefined ? all : ofSystem(all, options.system, catalogue);
  const scenarios = concerned(loaded, protocol?.module, plan);
  const others = loaded.length - scenarios.length;
  const why = 'of another protocol, or have a defect of their own';
  if (scenarios.length === 0) throw new HostError(4, `nothing was selected: all scenarios are ${why}`);
  if (others > 0) process.stderr.write(`${others} of ${loaded.length} scenarios are ${why}: left out\n`);
  const seeds: SeedSelection = options.seed === undefined ? options.seeds ?? { kind: 'own' }
    : { kind: 'one', seed: options.seed };
  return conduct({
    // What a scenario expects stays as it is with a defect, so that a find is a failure.
    scenarios: plan === null ? scenarios
      : scenarios.map(({ entry, bytes }) => ({ entry: armed(entry, plan.defect), bytes })),
    seeds,
    shard: options.shard ?? null,
    settings: { history: 'unexpected', trace: false, verify: options.verifyDeterminism === true },
    workers: options.jobs ?? defaultWorkers(),
    protocol,
    reporters: options.reporter ?? [],
    colour: options.color,
  });
}

/** The scenarios of one system, those of files that have no other included. */
function ofSystem(
  scenarios: readonly LoadedScenario[], name: string, { protocols }: ReturnType<typeof catalogueWith>,
): readonly LoadedScenario[] {
  if (!protocols.has(name)) {
    throw new HostError(64, `there is no system ${name}`, `there are ${[...protocols.keys()].join(', ')}`);
  }
  const chosen = scenarios.filter(({ entry }) => entry.scenario.system.protocol === name);
  if (chosen.length === 0) throw new HostError(4, `nothing was selected: no scenario here is about ${name}`);
  return chosen;
}
