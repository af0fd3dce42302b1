import { describe, expect, it } from 'vitest';
import { committedIn } from '../../../../src/protocols/zookeeper/committed.ts';
import type { TreeCommand } from '../../../../src/protocols/zookeeper/messages.ts';
import type { ZooKeeperState } from '../../../../src/protocols/zookeeper/state.ts';
import { served } from '../../../support/zookeeper/service.ts';

describe('what a server shows to be committed', () => {
  it('is what it has committed as a leader, not what it has logged, or executes while it looks for one', () => {
    const { service, clients: [atLeader, other] } = served();
    const leader = service.leaderId() ?? service.follower();
    const shown = (id: typeof leader, after = 0): readonly string[] =>
      committedIn(service.state(id) as ZooKeeperState, after).map(({ command }) => {
        const { change } = command as unknown as TreeCommand;
        return 'path' in change ? change.path : change.change;
      });
    const { zxid } = other.ask({ op: 'create', path: '/kept', data: '', mode: 'persistent' });
    expect(shown(leader)).toEqual(['create-session', 'create-session', 'create-session', '/kept']);
    expect(shown(leader, zxid)).toEqual([]);
    expect(service.world.nodes.flatMap((id) => (id === leader ? [] : shown(id)))).toEqual([]);
    service.isolate(leader);
    atLeader.send({ op: 'create', path: '/lost', data: '', mode: 'persistent' });
    service.pass(20);
    expect(shown(leader, zxid)).toEqual([]);
    service.until(() => service.state(leader).role.kind === 'looking', 'it gives up');
    expect(service.state(leader).applied).toBeGreaterThan(zxid);
    expect(shown(leader)).toEqual([]);
    service.until(() => service.serving().length === 2, 'the others go on');
    const successor = service.serving().find((id) => shown(id).length > 0);
    expect(successor === undefined ? [] : shown(successor)).toContain('/kept');
    expect(successor === undefined ? [] : shown(successor)).not.toContain('/lost');
  });
});
