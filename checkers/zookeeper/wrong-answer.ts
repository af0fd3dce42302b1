import type { Json } from '../../src/history/operation.ts';
import type { ZnodeAnswer } from '../../src/history/znode-lines.ts';
import { valueKey } from '../value-key.ts';
import { showField } from './breaches.ts';

/** What is wrong with an answer, or `null`; fields that are not there are as good as wrong. */
export function wrongAnswer(actual: ZnodeAnswer, expected: ZnodeAnswer): string | null {
  for (const [name, value] of Object.entries(expected) as [keyof ZnodeAnswer, Json][]) {
    const found = (actual[name] ?? null) as Json;
    if (name === 'results') {
      const [results, wanted] = [actual.results ?? [], expected.results ?? []];
      if (results.length !== wanted.length) return `${results.length} results where ${wanted.length} were asked for`;
      for (const [at, one] of wanted.entries()) {
        const wrong = wrongAnswer(results[at] as ZnodeAnswer, one);
        if (wrong !== null) return `result ${at + 1}: ${wrong}`;
      }
    } else if (name === 'stat') {
      // A part of a multi that was answered as another kind of request has none.
      if (found === null) return 'no stat';
      const wrong = wrongAnswer(found as ZnodeAnswer, value as ZnodeAnswer);
      if (wrong !== null) return wrong;
    } else if (valueKey(found) !== valueKey(value)) {
      return `${name} ${showField(name, found)} instead of ${showField(name, value)}`;
    }
  }
  return null;
}
