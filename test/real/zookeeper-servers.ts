import { mkdirSync, writeFileSync } from 'node:fs';
import { connect as connectTo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DrivenService, DrivenSession, Hello, Received } from '../support/zookeeper/heard.ts';
import { freePort, scratchFolder, type ServerProcess, startProcess, untilReady } from './server-process.ts';
import { ZooKeeperSession } from './zookeeper-client.ts';

const SERVERS = 3;
const NUDGE_MS = 500;
const NEWCOMER: Hello = { session: '0', password: '', lastZxid: '0', timeoutMs: 20_000 };
/** Debian's; its manifest names what it needs, but for these. */
const CLASS_PATH = ['zookeeper', 'slf4j-api', 'slf4j-nop'].map((name) => `/usr/share/java/${name}.jar`).join(':');
/** Little memory, few threads, no log of its own. */
const JAVA = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dzookeeper.admin.enableServer=false'];

/** Three real servers of our own: on free loopback ports, in folders of their own, stopped by their process ids. */
export async function startZooKeeper(tickMs: number): Promise<DrivenService> {
  const folder = scratchFolder('zookeeper');
  const ports = await Promise.all(Array.from({ length: 3 * SERVERS }, freePort));
  const clientPorts = ports.slice(0, SERVERS);
  const members = clientPorts.map((_, at) =>
    `server.${at + 1}=127.0.0.1:${ports[SERVERS + at]}:${ports[2 * SERVERS + at]}`);
  const servers = clientPorts.map((port, at) =>
    startServer(join(folder.path, String(at + 1)), at + 1, [`tickTime=${tickMs}`, `clientPort=${port}`, ...members]));
  const open = new Set<DrivenSession>();
  const connect = async (port: number, hello: Hello): Promise<Received> => {
    const received = await ZooKeeperSession.connect(port, hello);
    if (typeof received !== 'string') open.add(received);
    return received;
  };
  const nudge = (): void => {
    for (const port of clientPorts) void connect(port, NEWCOMER);
  };
  const stop = async (): Promise<void> => {
    for (const session of open) session.leave();
    await Promise.all(servers.map((server) => server.stop()));
    folder.remove();
  };
  try {
    const ready = Promise.all(clientPorts.map((port) => untilReady(() => mustServe(connect(port, NEWCOMER)))));
    await Promise.race([ready, ...servers.map(({ ended }) => ended)]);
    const leader = await leaderAmong(clientPorts);
    const inOrder = [leader, ...clientPorts.filter((port) => port !== leader)];
    return {
      connect: async (server, hello) => {
        const session = await nudged(connect(inOrder[server] as number, hello), nudge);
        if (typeof session === 'string') return session;
        const ask = session.ask.bind(session);
        session.ask = (ops) => nudged(ask(ops), nudge);
        return session;
      },
      pause: (ms) => sleep(ms),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function mustServe(received: Promise<Received>): Promise<void> {
  if (typeof await received === 'string') throw new Error('the server does not serve');
}

/** The port of the server that says of itself that it leads. */
async function leaderAmong(ports: readonly number[]): Promise<number> {
  const words = await Promise.all(ports.map(askInWords));
  const leader = ports[words.findIndex((word) => word.includes('Mode: leader'))];
  if (leader === undefined) throw new Error(`nobody leads: ${words.join(' ')}`);
  return leader;
}

/** What a server says to the command `srvr`, all of it. */
function askInWords(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTo({ port, host: '127.0.0.1' }, () => socket.write('srvr'));
    let said = '';
    socket.on('data', (bytes) => { said += bytes.toString(); });
    socket.once('error', reject);
    socket.once('close', () => resolve(said));
  });
}

/**
 * ZOOKEEPER-4537: a server of 3.8.0 may forget to look for what is committed until something else is. A session that
 * begins is something else.
 */
async function nudged<T>(answer: Promise<T>, nudge: () => void): Promise<T> {
  const timer = setInterval(nudge, NUDGE_MS);
  try {
    return await answer;
  } finally {
    clearInterval(timer);
  }
}

/** Its disk need not keep anything: nothing of this outlives the test. */
function startServer(folder: string, id: number, own: readonly string[]): ServerProcess {
  mkdirSync(folder);
  writeFileSync(join(folder, 'myid'), String(id));
  const settings = [
    'initLimit=20', 'syncLimit=10', `dataDir=${folder}`, 'clientPortAddress=127.0.0.1', 'maxClientCnxns=0',
    'forceSync=no', 'preAllocSize=64', ...own,
  ];
  const file = join(folder, 'zoo.cfg');
  writeFileSync(file, `${settings.join('\n')}\n`);
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  return startProcess('java', [...JAVA, '-cp', CLASS_PATH, main, file],
    'there is no java: install it, and ZooKeeper (Debian: default-jre-headless libzookeeper-java)');
}
