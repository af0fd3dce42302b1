import { AssertionError } from '../kernel/assert.ts';
import { mixText, unsigned } from './hash.ts';

/**
 * A saved state as text, sealed with the name of what saved it and a hash of the rest. Whoever joins parts of two
 * snapshots, loses a part or takes the state of another service breaks the seal: nothing is ever half read.
 */
export function seal(name: string, content: unknown): string {
  const body = JSON.stringify(content);
  return `${name} ${sealOf(body)} ${body}`;
}

/**
 * The same of what is stored by key, made when it is asked for, in the order of the keys: content that is equal makes a
 * text that is equal, whichever key came first. Nobody may change `content` any more.
 */
export function sealLater(name: string, content: readonly (readonly [string, unknown])[]): () => string {
  return () => seal(name, [...content].sort(byKey));
}

/** The content of a text that {@link seal} made under the same name. Throws an {@link AssertionError} for any other. */
export function unseal(name: string, text: string): unknown {
  const start = text.indexOf('[');
  const body = text.slice(start);
  if (start < 0 || text !== `${name} ${sealOf(body)} ${body}`) {
    throw new AssertionError(`a snapshot of a ${name} is as it was saved`);
  }
  return JSON.parse(body) as unknown;
}

function sealOf(body: string): string {
  return unsigned(mixText(0, body)).toString(16);
}

/** An order by key. */
export function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
