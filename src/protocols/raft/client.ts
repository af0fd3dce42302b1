import type { Answer, ClientProtocol } from '../../contract/client.ts';
import { unreachable } from '../../kernel/assert.ts';
import type { RaftAnswer } from './messages.ts';

/** How a client reads what a Raft node answered (§8). */
export const raftClient: ClientProtocol = {
  classify(body): Answer {
    const answer = body as unknown as RaftAnswer;
    switch (answer.kind) {
      case 'applied':
        return { kind: 'done', result: answer.result };
      case 'not-leader':
        return { kind: 'redirect', leader: answer.leader };
      case 'busy':
        return { kind: 'redirect', leader: null };
      case 'leadership-lost':
        return { kind: 'unsure' };
      default:
        return unreachable(answer);
    }
  },
};
