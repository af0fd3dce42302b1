import type { Context } from '../../../src/contract/context.ts';
import type { Recipe, RecipeEnd, RecipeInit, Standing } from '../../../src/protocols/zookeeper/client/recipe.ts';
import type { ErrorCode, Op, OpResult } from '../../../src/protocols/zookeeper/messages.ts';

export const STAT = {
  czxid: 1, mzxid: 1, pzxid: 1, version: 0, cversion: 0, ephemeralOwner: 0, dataLength: 0, numChildren: 0, aversion: 0,
};

export const refused = (error: ErrorCode): OpResult => ({ op: 'error', error, results: [] });
export const gone = refused('NoNode');
export const listed = (...children: readonly string[]): OpResult => ({ op: 'children', children, stat: STAT });
export const read = (data: string, version = 0): OpResult => ({ op: 'get', data, stat: { ...STAT, version } });
export const there: OpResult = { op: 'exists', stat: STAT };
export const done: OpResult = { op: 'multi', results: [] };

/** What befalls a recipe: an answer, or none; an event of a watch; a connection, or a session that is over. */
export type Happening = OpResult | null | { readonly event: string } | 'connected' | 'expired';

/** A recipe to which all that happens is told by hand. Answers are those to what was asked first. */
export function carryOut(
  make: (init: RecipeInit) => Recipe, happenings: readonly Happening[], standing: Standing = { place: null },
) {
  const asked: string[] = [];
  const ends: RecipeEnd[] = [];
  const ctx = {} as Context;
  const open: { readonly step: string; readonly op: Op }[] = [];
  const recipe = make({
    dir: '/k0', guid: '0.7', syncs: true, standing,
    host: {
      ask: (_ctx, step, op) => {
        asked.push(op.op === 'multi' ? op.ops.map(textOf).join(', ') : textOf(op));
        open.push({ step, op });
      },
      end: (_ctx, end) => { ends.push(end); },
    },
  });
  recipe.begin(ctx);
  for (const happening of happenings) {
    if (happening === 'connected') recipe.onSession(ctx);
    else if (happening === 'expired') recipe.onExpired(ctx);
    else if (happening !== null && 'event' in happening) {
      recipe.onEvent(ctx, { kind: 'WatcherEvent', type: 'NodeCreated', path: happening.event, zxid: 2 });
    } else {
      const { step, op } = open.shift() as (typeof open)[number];
      recipe.onEnd(ctx, step, op, happening);
    }
  }
  return { asked, ends, open: open.length };
}

function textOf(op: Op): string {
  return `${op.op} ${'path' in op ? op.path : ''}`;
}
