import type { Answer, ClientProtocol } from '../../contract/client.ts';
import { unreachable } from '../../kernel/assert.ts';
import type { PaxosAnswer } from './messages.ts';

/** How a client reads what a node answered. */
export const paxosClient: ClientProtocol = {
  classify(body): Answer {
    const answer = body as unknown as PaxosAnswer;
    switch (answer.kind) {
      case 'result': return { kind: 'done', result: answer.result };
      case 'not-proposer': return { kind: 'redirect', leader: answer.proposer };
      default: return unreachable(answer);
    }
  },
};
