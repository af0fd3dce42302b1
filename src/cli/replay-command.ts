import type { ExitCode } from '../explore/exit-code.ts';
import { chooseReplay, parseCoordinate } from '../explore/replay.ts';
import { catalogueWith, defectsNamed } from '../host/catalogue.ts';
import { writeAtomically } from '../host/files.ts';
import { loadProtocol } from '../host/load-protocol.ts';
import { HostError } from '../host/problem.ts';
import { filesOfSlug, loadScenarios } from '../host/scenarios.ts';
import type { ColourChoice } from '../host/terminal.ts';
import { sanitised } from '../report/text.ts';
import { conduct } from './conduct.ts';

/** Options of `replay`, as commander hands them over. */
export interface ReplayOptions {
  readonly trace?: true;
  readonly history?: string;
  readonly protocol?: string;
  readonly color: ColourChoice;
}

/** `replay COORDINATE`: exactly one run, again. */
export async function replayCommand(text: string, options: ReplayOptions): Promise<ExitCode> {
  const parsed = parseCoordinate(text);
  if (!parsed.ok) throw new HostError(64, parsed.message);
  const { coordinate } = parsed;
  const protocol = options.protocol === undefined ? null
    : { path: options.protocol, module: await loadProtocol(options.protocol) };
  if (coordinate.defect !== null) defectsNamed(coordinate.defect, protocol?.module);
  const files = filesOfSlug(coordinate.slug);
  if (files.length === 0) {
    const hint = 'start it in the folder in which the run was made, or use `run FILE --seed S`';
    const { slug } = coordinate;
    throw new HostError(65, `there is neither scenarios/${slug}.yaml nor ${slug}.yaml here`, hint);
  }
  const candidates = loadScenarios(files, catalogueWith(protocol?.module));
  const choice = chooseReplay(coordinate, candidates.map(({ entry }) => entry));
  if (!choice.ok) throw new HostError(65, choice.message);
  const { event } = coordinate;
  if (event !== undefined) process.stderr.write(`replaying the whole run, not only to #${event}\n`);
  const { entry } = choice;
  const bytes = candidates.find(({ entry: { file } }) => file === entry.file)?.bytes ?? Buffer.alloc(0);
  return conduct({
    scenarios: [{ entry, bytes }],
    seeds: { kind: 'one', seed: coordinate.seed },
    shard: null,
    settings: { history: 'always', trace: options.trace === true, verify: false },
    workers: 1,
    protocol,
    reporters: [],
    colour: options.color,
    onReport: ({ result, history, trace }, write) => {
      for (const line of trace ?? []) write(`${sanitised(line)}\n`);
      if (options.history !== undefined && history !== null) writeAtomically(options.history, history);
      write(`fingerprint ${result.fingerprint}, ${result.events} events\n\n`);
    },
  });
}
