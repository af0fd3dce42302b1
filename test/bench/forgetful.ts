import { raft } from '../../src/protocols/raft/module.ts';
import { Streams } from '../../src/kernel/streams.ts';
import { buildWorld } from '../../src/scenario/build.ts';
import { standard } from './standard.ts';

/**
 * The standard scenario with all invariants, for so long that nothing may be kept: history into a sink that forgets it.
 * Runs until `events` have happened, calls `look` after every tenth of them, and returns how many lines there were.
 */
export function forgetful(events: number, look: () => void): number {
  let lines = 0;
  const limits = { events: 2 * events, sameInstantEvents: 100_000 };
  const { world, breaches } = buildWorld({ ...standard(), limits }, {
    module: raft, streams: new Streams('bench'), trace: 'digest', freezeMessages: false, meteredEvents: [], without: [],
    sink: () => { lines += 1; },
  });
  world.start();
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    while (world.trace.events < (events / 10) * tenth) world.runUntil(world.nowUs + 1_000_000);
    look();
  }
  if (breaches.length > 0) throw new Error(`a breach: ${JSON.stringify(breaches)}`);
  return lines;
}
