import type { Answer, ClientProtocol } from '../../contract/client.ts';
import { classifyNotExecuted } from '../../contract/leader-client.ts';
import type { ZabAnswer } from './messages.ts';

/** How a client reads what a node answered. */
export const zabClient: ClientProtocol = {
  classify(body): Answer {
    const answer = body as unknown as ZabAnswer;
    return answer.kind === 'executed' ? { kind: 'done', result: answer.result } : classifyNotExecuted(answer);
  },
};
