import type { ProtocolModule } from '../../../src/contract/module.ts';
import type { Node } from '../../../src/contract/node.ts';
import { raft } from '../../../src/protocols/raft/module.ts';

/** Raft, but that each node does something when it starts. */
export function startingWith(more: NonNullable<Node['onStart']>): ProtocolModule {
  return {
    ...raft,
    create: (init) => {
      const node = raft.create(init);
      const onStart = node.onStart?.bind(node);
      node.onStart = (ctx) => {
        onStart?.(ctx);
        more(ctx);
      };
      return node;
    },
  };
}
