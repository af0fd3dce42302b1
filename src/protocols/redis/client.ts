import type { Answer, ClientProtocol } from '../../contract/client.ts';
import { unreachable } from '../../kernel/assert.ts';
import type { RedisAnswer } from './messages.ts';

/** How a client reads what a node answered. What a reply means is the caller's own affair. */
export const redisClient: ClientProtocol = {
  classify(body): Answer {
    const answer = body as unknown as RedisAnswer;
    switch (answer.kind) {
      case 'reply': return { kind: 'done', result: answer.reply };
      case 'result': return { kind: 'done', result: answer.result };
      // Who is merely unsure asks again, and Redis, which has no sessions, would execute that as well.
      case 'unsure': return { kind: 'done', result: { kind: 'no-session' } };
      case 'moved': return { kind: 'redirect', leader: answer.node };
      default: return unreachable(answer);
    }
  },
};
