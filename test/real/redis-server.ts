import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RespClient } from './resp.ts';

/** A real redis-server of our own: on a free loopback port, in a folder of its own, and stopped by its process id. */
export interface RealRedis {
  readonly port: number;
  /** One connection. */
  readonly client: RespClient;
  stop(): Promise<void>;
}

const ATTEMPTS = 5;
const READY_WITHIN_MS = 10_000;

/** Starts a server with these further arguments. Rejects, and says how to get one, where there is no redis-server. */
export async function startRedis(...args: readonly string[]): Promise<RealRedis> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return await startOn(port, args);
    } catch (error) {
      // Somebody else may have taken the port since.
      if (attempt === ATTEMPTS || (error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    }
  }
}

async function startOn(port: number, args: readonly string[]): Promise<RealRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumquake-redis-'));
  const given = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', [...given, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  // Whatever becomes of the test, its server ends with it.
  const kill = (): boolean => server.kill('SIGKILL');
  process.once('exit', kill);
  const ended = endOf(server).finally(() => process.off('exit', kill));
  let said = '';
  server.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const client = await Promise.race([ready(port), ended.then(() => {
      throw new Error(`redis-server ended by itself: ${said}`);
    })]);
    const stop = async (): Promise<void> => {
      client.close();
      server.kill('SIGTERM');
      await ended;
      remove();
    };
    return { port, client, stop };
  } catch (error) {
    server.kill('SIGTERM');
    remove();
    throw error;
  }
}

function endOf(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('exit', () => resolve());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') error.message = 'there is no redis-server: install it (Debian: redis-server)';
      reject(error);
    });
  });
}

async function ready(port: number): Promise<RespClient> {
  for (const endMs = Date.now() + READY_WITHIN_MS; ;) {
    try {
      const client = await RespClient.connect(port);
      const pong = await client.call('PING');
      if (pong.kind === 'status') return client;
      client.close();
    } catch (error) {
      if (Date.now() > endMs) throw error;
    }
    await sleep(20);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      listener.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
