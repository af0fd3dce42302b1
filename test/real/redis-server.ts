import { RespClient } from './resp.ts';
import { freePort, scratchFolder, startProcess, untilReady } from './server-process.ts';

/** A real redis-server of our own: on a free loopback port, in a folder of its own, and stopped by its process id. */
export interface RealRedis {
  readonly port: number;
  /** One connection. */
  readonly client: RespClient;
  stop(): Promise<void>;
}

const ATTEMPTS = 5;

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
  const folder = scratchFolder('redis');
  const given = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path, '--save', ''];
  const server = startProcess('redis-server', [...given, '--appendonly', 'no', ...args],
    'there is no redis-server: install it (Debian: redis-server)');
  const stop = async (): Promise<void> => {
    await server.stop();
    folder.remove();
  };
  try {
    const client = await Promise.race([untilReady(() => ready(port)), server.ended]);
    return { port, client, stop: () => { client.close(); return stop(); } };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ready(port: number): Promise<RespClient> {
  const client = await RespClient.connect(port);
  const pong = await client.call('PING');
  if (pong.kind === 'status') return client;
  client.close();
  throw new Error(`redis-server answers PING with ${JSON.stringify(pong)}`);
}
