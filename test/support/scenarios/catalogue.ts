import type { Catalogue, CatalogueProtocol } from '../../../src/scenario/catalogue.ts';

/** A catalogue of one made-up protocol with an option of each kind. */
export const catalogue: Catalogue = {
  protocols: new Map<string, CatalogueProtocol>([
    ['raft', {
      options: {
        heartbeat: { kind: 'duration', doc: '', default: 50_000, min: 1_000, max: 60_000_000 },
        batch: { kind: 'integer', doc: '', default: 64, min: 1, max: 1024 },
        preVote: { kind: 'boolean', doc: '', default: true },
        reads: { kind: 'choice', doc: '', default: 'index', of: ['index', 'lease'] },
      },
      events: ['became-leader', 'stepped-down'],
      metrics: {
        elections: { kind: 'count', event: 'became-leader', doc: '' },
        leaderAfter: { kind: 'delay', event: 'became-leader', doc: '' },
      },
      messages: ['RequestVote', 'AppendEntries'],
      orders: {
        snapshot: { doc: '', about: 'nothing' }, transfer: { doc: '', about: 'a node' },
        reconfigure: { doc: '', about: 'nodes' },
      },
      initialProblem: (initial, nodes) =>
        (Array.isArray(initial) && initial.length === nodes ? null : `expected a list of ${nodes} terms`),
      invariants: { declared: [{ id: 'R1' }, { id: 'R9' }] },
      optionsProblem: ({ heartbeat, batch }) =>
        (heartbeat === 7_000 && batch === 7 ? { option: 'batch', message: 'seven and seven' } : null),
    }],
    ['redlock', { options: {}, events: [], invariants: { declared: [] } }],
    ['zookeeper-recipes', {
      options: {}, events: [], invariants: { declared: [] },
      coordination: { workloads: ['queue', 'double-barrier', 'barrier'] },
    }],
    ['raft-lock', { options: {}, events: [], invariants: { declared: [] }, locks: { givesTokens: () => true } }],
  ]),
  defects: new Map([['raft/vote-not-durable', 'raft/vote-not-durable'], ['RF-01', 'raft/vote-not-durable']]),
};
