import type { Answer, ClientProtocol } from '../../contract/client.ts';
import { classifyNotExecuted } from '../../contract/leader-client.ts';
import type { RaftAnswer } from './messages.ts';

/** How a client reads what a Raft node answered (§8). */
export const raftClient: ClientProtocol = {
  classify(body): Answer {
    const answer = body as unknown as RaftAnswer;
    return answer.kind === 'applied' ? { kind: 'done', result: answer.result } : classifyNotExecuted(answer);
  },
};
