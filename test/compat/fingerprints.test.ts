import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProtocolModule } from '../../src/contract/module.ts';
import { TRACE_VERSION } from '../../src/kernel/trace.ts';
import { raft } from '../../src/protocols/raft/module.ts';
import type { RunRequest } from '../../src/run/request.ts';
import type { RunResult } from '../../src/run/result.ts';
import { run } from '../../src/run/run.ts';
import { catalogueWith } from '../../src/scenario/catalogue.ts';
import { slugOf } from '../../src/scenario/coordinate.ts';
import { parseScenario } from '../../src/scenario/file/parse.ts';

// Seeds are API: a coordinate that was committed, printed or sent to somebody must lead to the same run for as long as
// the trace version stands. `fingerprints.txt` pins some.
//
// A line with another fingerprint under the same coordinate: runs have changed. Raise TRACE_VERSION in
// src/kernel/trace.ts (the first line of the file shows it, so that a change without it is seen), say under "Traces" in
// CHANGELOG.md which runs are others now and why, and only then `npm run test:golden -- --update`.
//
// A line with another hash behind its `@`: the scenario is another one, which is no change of the trace. The hash also
// moves when the scenario format gets a new field, and then with it every coordinate in the world: that is a line under
// "Traces", too.

const root = resolve(import.meta.dirname, '../..');

/** A scenario file of this repository as the command line would run it. */
function requestFor(file: string, seed: (first: number) => string, defect?: string): RunRequest {
  const text = readFileSync(resolve(root, file));
  const parsed = parseScenario(text, { fileName: file, catalogue: catalogueWith() });
  if (!parsed.ok) throw new Error(`${file}: ${parsed.problems.map(({ message }) => message).join('; ')}`);
  const scenario = defect === undefined ? parsed.scenario : { ...parsed.scenario, defect };
  return { scenario, file, slug: slugOf(file), seed: seed(scenario.seeds.first) };
}

function pinned(): readonly RunRequest[] {
  const files = readdirSync(resolve(root, 'scenarios/raft'))
    .filter((name) => name.endsWith('.yaml'))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => `scenarios/raft/${name}`);
  const first = files.flatMap((file) => [
    requestFor(file, (seed) => String(seed)), requestFor(file, (seed) => String(seed + 1)),
  ]);
  const storm = 'scenarios/raft/random-crashes-pauses-and-partitions-lose-nothing.yaml';
  const quiet = 'scenarios/raft/five-nodes-elect-a-leader-from-a-cold-start.yaml';
  return [
    ...first,
    requestFor(quiet, () => 'kyoto'),
    requestFor(storm, () => '1', 'raft/vote-not-durable'),
    requestFor(storm, () => '1', 'client/unknown-as-failed'),
  ];
}

const lineOf = ({ coordinate, fingerprint }: RunResult): string => `${coordinate} ${fingerprint}`;

describe('pinned runs', () => {
  it('have the fingerprints that this trace version promises', async () => {
    const lines = pinned().map((request) => lineOf(run(request).result));
    expect(new Set(lines).size).toBe(lines.length);
    const text = [`trace version ${TRACE_VERSION}`, ...lines].map((line) => `${line}\n`).join('');
    await expect(text).toMatchFileSnapshot('fingerprints.txt');
  });

  it('would show a protocol that draws one number more, even if nothing comes of it', () => {
    const curious: ProtocolModule = {
      ...raft,
      create: (init) => {
        const node = raft.create(init);
        const onTimer = node.onTimer?.bind(node);
        node.onTimer = (ctx, name) => {
          ctx.random('curiosity').between(0, 1);
          onTimer?.(ctx, name);
        };
        return node;
      },
    };
    const [request] = pinned();
    if (request === undefined) throw new Error('there are scenarios');
    const [ours, theirs] = [run(request), run({ ...request, module: curious })].map(({ result }) => result);
    expect(theirs).toEqual({ ...ours, fingerprint: theirs?.fingerprint });
    expect(theirs?.fingerprint).not.toBe(ours?.fingerprint);
  });
});
