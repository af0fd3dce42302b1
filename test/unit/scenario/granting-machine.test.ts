import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import type { Operation } from '../../../src/contract/session.ts';
import { GrantingMachine } from '../../../src/scenario/granting-machine.ts';
import type { OwnershipChange } from '../../../src/contract/lock.ts';
import type { LockWatch } from '../../../src/scenario/lock-watch.ts';
import { leaseLockService } from '../../../src/services/lease-lock.ts';
import { SessionMachine } from '../../../src/services/sessions.ts';

describe('the state machine of a replicated lock service, watched', () => {
  const told: string[] = [];
  const watch = {
    changed: (changes: readonly OwnershipChange[]) =>
      told.push(...changes.map(({ kind, lock, owner }) => `${kind} ${lock} ${owner}`)),
  } as unknown as LockWatch;
  const machine = new GrantingMachine(new SessionMachine(leaseLockService), watch);
  const execute = (sequence: number, f: string, value: Plain): Plain => {
    const operation: Operation = { f, key: 'k0', value };
    return { kind: 'execute', session: 1, sequence, acknowledged: 1, operation } as unknown as Plain;
  };
  const commands = [
    { kind: 'register', client: 0 },
    execute(1, 'acquire', { owner: 'a', ttlUs: 100, lockDelayUs: 0 }),
    execute(2, 'release', { owner: 'a' }),
  ];

  it('tells what the first node decides, and nothing when others follow', () => {
    const [first, second] = [machine.initial(), machine.initial()];
    for (const command of commands) machine.apply(first, command, 5);
    expect(told).toEqual(['granted k0 a', 'released k0 a']);
    // Told again, late, the lock would be owned by whoever gave it back.
    for (const command of commands) machine.apply(second, command, 5);
    expect(told).toHaveLength(2);
    expect(machine.digest(second)).toBe(machine.digest(first));
  });

  it('tells nothing of what is refused', () => {
    const state = machine.initial();
    told.length = 0;
    for (const command of commands.slice(0, 2)) machine.apply(state, command, 5);
    machine.apply(state, execute(3, 'acquire', { owner: 'b', ttlUs: 100, lockDelayUs: 0 }), 6);
    expect(told).toEqual([]);
  });
});
