/** Something outside of the simulation was touched while a run was executing. */
export class LeakError extends Error {
  override readonly name = 'LeakError';
  readonly code = 'LEAK';
}

/** Names that would let the machine's own time, luck or schedule into a run. `a.b` names a method of a global. */
const TRAPPED = [
  'Date.now',
  'Date',
  'Math.random',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
  'performance.now',
  'performance',
  'Intl',
  'crypto',
  'fetch',
  'process.hrtime',
  'process.nextTick',
  'process.uptime',
] as const;

/** What is trapped, for tests and documentation. */
export const trappedNames: readonly string[] = TRAPPED;

/**
 * Runs `body` while the host's clocks, timers and random numbers are trapped: whoever touches one gets a
 * {@link LeakError} that names it. Everything is put back afterwards, whether `body` returns or throws.
 *
 * The trap is a getter, on the global or on the object that a module may have kept (`const clock = Date`). Code that
 * took the function itself at load time (`const { now } = Date`) is out of reach; in ours, lint sees it. `Math.random`
 * is trapped when it is called, not when it is read.
 */
export function guarded<T>(body: () => T): T {
  const restore: (() => void)[] = [];
  try {
    for (const name of TRAPPED) {
      const undo = trap(name);
      if (undo !== null) restore.push(undo);
    }
    return body();
  } finally {
    for (const undo of restore.reverse()) undo();
  }
}

function trap(name: string): (() => void) | null {
  const dot = name.indexOf('.');
  const root = globalThis as unknown as Record<string, unknown>;
  const owner = dot < 0 ? root : (root[name.slice(0, dot)] as Record<string, unknown> | undefined);
  const key = name.slice(dot + 1);
  if (owner === undefined || !(key in owner)) return null;
  const own = Object.getOwnPropertyDescriptor(owner, key);
  if (own !== undefined && own.configurable === false) return null;
  const refuse = (): never => {
    throw new LeakError(`${name} was used inside a run; use the context's clocks, timers and random streams`);
  };
  // An accessor in place of a value turns an object into a hash table, for good. Every later `Math.floor` and
  // `Math.imul` of the whole program would be a look-up and a call: five to seven times as slow.
  const isPlainValue = owner === (Math as unknown) && own !== undefined;
  Object.defineProperty(owner, key, isPlainValue ? { ...own, value: refuse } : { configurable: true, get: refuse });
  return (): void => {
    if (own === undefined) delete owner[key];
    else Object.defineProperty(owner, key, own);
  };
}
