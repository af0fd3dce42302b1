const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** The exit code of a program that a signal stopped. */
export type SignalExit = (typeof exitCodes)[keyof typeof exitCodes];

/** Watches for signals until {@link SignalWatch.close}. */
export interface SignalWatch {
  /** The exit code of the signal that arrived, or `null`. */
  received(): SignalExit | null;
  close(): void;
}

/** The first signal calls `onFirst`, which brings everything to a good end; the second ends the process at once. */
export function watchSignals(onFirst: () => void, onSecond: () => void): SignalWatch {
  let code: SignalExit | null = null;
  const handlers = (['SIGINT', 'SIGTERM'] as const).map((signal) => {
    const handler = (): void => {
      if (code !== null) {
        onSecond();
        process.exit(exitCodes[signal]);
      }
      code = exitCodes[signal];
      onFirst();
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return {
    received: () => code,
    close: () => { for (const { signal, handler } of handlers) process.off(signal, handler); },
  };
}
