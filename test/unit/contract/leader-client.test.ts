import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/contract/client.ts';
import { classifyNotExecuted, type NotExecuted } from '../../../src/contract/leader-client.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { paxosClient } from '../../../src/protocols/multi-paxos/client.ts';
import { raftClient } from '../../../src/protocols/raft/client.ts';
import { zabClient } from '../../../src/protocols/zab/client.ts';

const answers: readonly (readonly [NotExecuted, Answer])[] = [
  [{ kind: 'not-leader', leader: nodeId(2) }, { kind: 'redirect', leader: nodeId(2) }],
  [{ kind: 'not-leader', leader: null }, { kind: 'redirect', leader: null }],
  [{ kind: 'busy' }, { kind: 'redirect', leader: null }],
  [{ kind: 'leadership-lost' }, { kind: 'unsure' }],
];

describe('an answer of who has not executed a command', () => {
  it.each(answers)('%j is read as %j', (answer, read) => {
    expect(classifyNotExecuted(answer)).toEqual(read);
  });

  it.each([
    ['raft', raftClient, 'applied'], ['multi-paxos', paxosClient, 'executed'], ['zab', zabClient, 'executed'],
  ] as const)('of %s is read so, beside a result', (_, client, done) => {
    for (const [answer, read] of answers) expect(client.classify(answer)).toEqual(read);
    expect(client.classify({ kind: done, result: 7 })).toEqual({ kind: 'done', result: 7 });
  });
});
