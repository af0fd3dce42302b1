import { codeOf, HostError, messageOf } from './problem.ts';

/** Standard output that may be closed at any time by its reader (`| head`), or sit on a full disk. */
export class StandardOutput {
  private readonly stream: NodeJS.WritableStream;
  private failure: Error | null = null;

  /** `onFailure` is called once, when it turns out that nobody reads any more or nothing can be written. */
  constructor(stream: NodeJS.WritableStream, onFailure: () => void = () => undefined) {
    this.stream = stream;
    stream.on('error', (error: Error) => {
      const isFirst = this.failure === null;
      this.failure = error;
      if (isFirst) onFailure();
    });
  }

  write(text: string): void {
    if (this.failure === null) this.stream.write(text);
  }

  /** Resolves when all was handed over; throws if it could not be. */
  async flush(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.failure === null) this.stream.write('', () => { resolve(); });
      else resolve();
    });
    if (this.failure === null) return;
    // A reader that has seen enough is no news to anyone, so there is nothing to say about it.
    const isClosed = codeOf(this.failure) === 'EPIPE';
    throw new HostError(74, isClosed ? '' : `cannot write to standard output: ${messageOf(this.failure)}`);
  }
}
