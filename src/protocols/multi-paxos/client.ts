import type { Answer, ClientProtocol } from '../../contract/client.ts';
import { classifyNotExecuted } from '../../contract/leader-client.ts';
import type { Ballot } from './ballot.ts';
import type { PaxosAnswer } from './messages.ts';

/** How a client reads what a node answered. */
export const paxosClient: ClientProtocol = {
  classify(body): Answer {
    const answer = body as unknown as PaxosAnswer;
    switch (answer.kind) {
      case 'executed':
        return { kind: 'done', result: answer.result };
      case 'epoch-over':
        return { kind: 'epoch-over' };
      default:
        return classifyNotExecuted(answer);
    }
  },
  epochOf(body): Ballot | null {
    const answer = body as unknown as PaxosAnswer;
    return answer.kind === 'executed' || answer.kind === 'epoch-over' ? answer.epoch : null;
  },
};
