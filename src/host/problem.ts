/** What the user or the machine did wrong, in one line, with the exit code that says so. Never a bug of ours. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly exitCode: 4 | 64 | 65 | 74;
  /** What to do about it; `null` where the message says it all. */
  readonly hint: string | null;

  constructor(exitCode: 4 | 64 | 65 | 74, message: string, hint: string | null = null) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** The text of whatever was thrown, on one line. */
export function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split('\n', 1)[0] ?? '';
}

/** The system's code of an error (`ENOENT`), or an empty text. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
