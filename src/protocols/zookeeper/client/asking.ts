import type { Plain } from '../../../contract/message.ts';
import type { Operation } from '../../../contract/session.ts';
import type { Op, OpResult } from '../messages.ts';

/** How an operation of a workload goes on: another request, or its end. */
export type Step =
  | { readonly kind: 'ask'; readonly op: Op }
  | { readonly kind: 'ok'; readonly value: Plain }
  /** Definite: nothing has changed, and nothing will. */
  | { readonly kind: 'fail'; readonly error: string };

/** How operations of a workload are asked of ZooKeeper. Pure: what comes next depends on the arguments alone. */
export interface Asking {
  /** Whether answers carry the session and the zxid that they came with, and what has no answer its session and xid. */
  readonly tells: boolean;
  first(operation: Operation): Op;
  /** `op` was answered by `result`, and everything before it as it had to be for `op` to be asked. */
  next(operation: Operation, op: Op, result: OpResult): Step;
}

/** Each operation is the request of the same name: its key is the path, and its value the rest. */
export const askDirectly: Asking = {
  tells: true,
  first: ({ f, key, value }) => {
    const fields = (value ?? {}) as { readonly [name: string]: Plain };
    if (f === 'multi' || f === 'close') return { op: f, ...fields } as unknown as Op;
    return { op: f, path: key, ...fields } as unknown as Op;
  },
  next: (_operation, _op, result) => {
    if (result.op === 'error') return { kind: 'fail', error: result.error };
    const { op: _name, ...fields } = result;
    return { kind: 'ok', value: fields as unknown as Plain };
  },
};

/** What comes before a read, so that it is fresh; `local`: nothing, and it may be stale. */
export type Freshness = 'local' | 'sync';

/**
 * Registers over znodes: key `k0` is the data of `/k0`, as JSON. A write sets what is there, or creates it; a compare
 * reads the version, and sets on its condition. Whatever changes anything is the last request of its operation: all
 * others were answered, so that how it ends is how the operation ends.
 */
export function askRegisters(freshness: Freshness): Asking {
  return {
    tells: false,
    first: ({ f, key, value }) => {
      const path = `/${key}`;
      if (f === 'write') return { op: 'set', path, data: JSON.stringify(value), version: -1 };
      if (f === 'delete') return { op: 'delete', path, version: -1 };
      if (f === 'cas' || freshness === 'local') return { op: 'get', path, watch: false };
      return { op: 'sync', path };
    },
    next: (operation, op, result) => {
      const { f, value } = operation;
      if (f === 'read') return nextOfRead(op, result);
      if (f === 'cas') return nextOfCas(value as readonly Plain[], op, result);
      if (f === 'delete') return deleted(value, result);
      return nextOfWrite(value, op, result);
    },
  };
}

function nextOfRead(op: Op, result: OpResult): Step {
  if (result.op === 'sync') return { kind: 'ask', op: { op: 'get', path: pathOf(op), watch: false } };
  if (result.op === 'get') return { kind: 'ok', value: JSON.parse(result.data) as Plain };
  return isError(result, 'NoNode') ? { kind: 'ok', value: null } : failed(result);
}

function nextOfWrite(value: Plain, op: Op, result: OpResult): Step {
  const path = pathOf(op);
  const data = JSON.stringify(value);
  if (isError(result, 'NoNode')) return { kind: 'ask', op: { op: 'create', path, data, mode: 'persistent' } };
  // Somebody else was faster.
  if (isError(result, 'NodeExists')) return { kind: 'ask', op: { op: 'set', path, data, version: -1 } };
  return result.op === 'error' ? failed(result) : { kind: 'ok', value };
}

/** What is not there compares with `null`. */
function nextOfCas(pair: readonly Plain[], op: Op, result: OpResult): Step {
  const [old, value] = pair;
  const path = pathOf(op);
  const data = JSON.stringify(value);
  if (result.op === 'get') {
    if (result.data !== JSON.stringify(old)) return { kind: 'fail', error: 'cas-mismatch' };
    return { kind: 'ask', op: { op: 'set', path, data, version: result.stat.version } };
  }
  if (op.op === 'get' && isError(result, 'NoNode')) {
    if (old !== null) return { kind: 'fail', error: 'cas-mismatch' };
    return { kind: 'ask', op: { op: 'create', path, data, mode: 'persistent' } };
  }
  return result.op === 'error' ? failed(result) : { kind: 'ok', value: pair };
}

function deleted(value: Plain, result: OpResult): Step {
  return result.op === 'error' && result.error !== 'NoNode' ? failed(result) : { kind: 'ok', value };
}

function failed(result: OpResult): Step {
  return { kind: 'fail', error: result.op === 'error' ? result.error : `unexpected ${result.op}` };
}

function isError(result: OpResult, error: string): boolean {
  return result.op === 'error' && result.error === error;
}

function pathOf(op: Op): string {
  return 'path' in op ? op.path : '/';
}
