import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_WITHIN_MS = 30_000;
const RETRY_MS = 20;
const SAID_MAX = 10_000;

/** A process of our own, which ends with this one at the latest. */
export interface ServerProcess {
  /** Rejects when the process ends, with the last that it said; it never resolves. */
  readonly ended: Promise<never>;
  /** Ends it, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts `command`. `howToGet` is told where there is no such command. */
export function startProcess(command: string, args: readonly string[], howToGet: string): ServerProcess {
  const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): boolean => server.kill('SIGKILL');
  process.once('exit', kill);
  let said = '';
  const listen = (bytes: Buffer): void => {
    said = (said + bytes.toString()).slice(-SAID_MAX);
  };
  server.stdout.on('data', listen);
  server.stderr.on('data', listen);
  const gone = endOf(server, howToGet).finally(() => process.off('exit', kill));
  const ended = gone.then((): never => {
    throw new Error(`${command} ended by itself: ${said}`);
  });
  ended.catch(() => undefined); // Nobody need listen.
  return {
    ended,
    async stop() {
      server.kill('SIGTERM');
      await gone.catch(() => undefined);
    },
  };
}

function endOf(server: ChildProcess, howToGet: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('exit', () => resolve());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') error.message = howToGet;
      reject(error);
    });
  });
}

/** What `attempt` comes to, once it does not reject any more. */
export async function untilReady<T>(attempt: () => Promise<T>): Promise<T> {
  for (const endMs = Date.now() + READY_WITHIN_MS; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > endMs) throw error;
    }
    await sleep(RETRY_MS);
  }
}

/** A folder that nobody else uses, and how it goes. */
export function scratchFolder(name: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `quorumquake-${name}-`));
  return { path, remove: () => { rmSync(path, { recursive: true, force: true }); } };
}

/** A loopback port that was free just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      listener.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
