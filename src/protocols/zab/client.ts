import type { Answer, ClientProtocol } from '../../contract/client.ts';
import { unreachable } from '../../kernel/assert.ts';
import type { ZabAnswer } from './messages.ts';

/** How a client reads what a node answered. */
export const zabClient: ClientProtocol = {
  classify(body): Answer {
    const answer = body as unknown as ZabAnswer;
    switch (answer.kind) {
      case 'executed':
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
