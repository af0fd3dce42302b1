import type { History, HistoryEvent } from '../src/history/operation.ts';

const UPDATES: readonly string[] = ['write', 'cas', 'append', 'delete', 'add', 'remove', 'enqueue', 'push'];
const QUESTIONS: readonly string[] = ['read', 'contains', 'dequeue', 'pop'];

/**
 * Whether any answer in this history could have been wrong: some `ok` question about a key had an earlier or
 * overlapping `ok` update of that key to miss or to see, or a lock was granted to two processes. A run without either
 * says nothing about the system, however green. Reads no further than to the first such answer.
 *
 * Where the numbers of processes tell their clients, `clients` is how many there are: the client of a process is its
 * number modulo that. A client goes on under another number once an operation has ended in `info`, and to be granted a
 * lock again by that name is to be its own rival.
 */
export function couldHaveBeenWrong(history: History, clients: number = Infinity): boolean {
  /** By process: what it has open; `null` once it is retired. */
  const open = new Map<number, HistoryEvent | null>();
  const answers = new Answers(clients);
  for (const event of history) {
    const { process, type } = event;
    if (process === 'nemesis') continue;
    const invocation = open.get(process);
    if (type === 'invoke') {
      if (invocation === undefined) open.set(process, event);
      continue;
    }
    if (invocation === undefined || invocation === null) continue;
    if (type === 'info') open.set(process, null);
    else open.delete(process);
    if (type === 'ok' && answers.couldBeWrongWith(invocation, event.index)) return true;
  }
  return false;
}

/** What was answered so far, by key. */
class Answers {
  /** Where the first update was invoked. */
  private readonly updated = new Map<string | undefined, number>();
  /** Where the last question was answered. */
  private readonly asked = new Map<string | undefined, number>();
  /** To which client a lock was granted first: who is granted one twice may have taken it from itself. */
  private readonly granted = new Map<string | undefined, number>();
  private readonly clients: number;

  constructor(clients: number) {
    this.clients = clients;
  }

  /** Takes an operation that was answered with `ok`. An update may end after the question that it overlaps. */
  couldBeWrongWith({ f, key, index, process }: HistoryEvent, answeredIndex: number): boolean {
    if (QUESTIONS.includes(f)) {
      this.asked.set(key, answeredIndex);
      return (this.updated.get(key) ?? answeredIndex) < answeredIndex;
    }
    if (UPDATES.includes(f)) {
      this.updated.set(key, Math.min(this.updated.get(key) ?? index, index));
      return index < (this.asked.get(key) ?? index);
    }
    if (f !== 'acquire') return false;
    const client = (process as number) % this.clients;
    const first = this.granted.get(key);
    if (first === undefined) this.granted.set(key, client);
    return first !== undefined && first !== client;
  }
}
