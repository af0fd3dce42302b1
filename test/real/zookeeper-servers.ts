import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DrivenService, DrivenSession } from '../support/zookeeper/heard.ts';
import { freePort, scratchFolder, type ServerProcess, startProcess, untilReady } from './server-process.ts';
import { ZooKeeperSession } from './zookeeper-client.ts';

const SERVERS = 3;
const SESSION_TIMEOUT_MS = 40_000;
const NUDGE_MS = 500;
/** Debian's; its manifest names what it needs, but for these. */
const CLASS_PATH = ['zookeeper', 'slf4j-api', 'slf4j-nop'].map((name) => `/usr/share/java/${name}.jar`).join(':');
/** Little memory, few threads, no log of its own. */
const JAVA = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dzookeeper.admin.enableServer=false'];

/** Three real servers of our own: on free loopback ports, in folders of their own, stopped by their process ids. */
export async function startZooKeeper(): Promise<DrivenService> {
  const folder = scratchFolder('zookeeper');
  const ports = await Promise.all(Array.from({ length: 3 * SERVERS }, freePort));
  const clientPorts = ports.slice(0, SERVERS);
  const members = clientPorts.map((_, at) =>
    `server.${at + 1}=127.0.0.1:${ports[SERVERS + at]}:${ports[2 * SERVERS + at]}`);
  const servers = clientPorts.map((port, at) => startServer(join(folder.path, String(at + 1)), at + 1, port, members));
  const sessions: ZooKeeperSession[] = [];
  const connect = async (server: number): Promise<ZooKeeperSession> => {
    const session = await ZooKeeperSession.begin(clientPorts[server] as number, SESSION_TIMEOUT_MS);
    sessions.push(session);
    return session;
  };
  const nudge = (): void => {
    for (const server of clientPorts.keys()) connect(server).catch(() => undefined);
  };
  const begin = async (server: number): Promise<DrivenSession> => {
    const session = await nudged(connect(server), nudge);
    return { id: session.id, ask: (ops) => nudged(session.ask(ops), nudge) };
  };
  const stop = async (): Promise<void> => {
    for (const session of sessions) session.leave();
    await Promise.all(servers.map((server) => server.stop()));
    folder.remove();
  };
  try {
    const ready = Promise.all(clientPorts.map((_, at) => untilReady(() => connect(at))));
    await Promise.race([ready, ...servers.map(({ ended }) => ended)]);
    return { begin, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
function startServer(folder: string, id: number, port: number, members: readonly string[]): ServerProcess {
  mkdirSync(folder);
  writeFileSync(join(folder, 'myid'), String(id));
  const settings = [
    'tickTime=2000', 'initLimit=10', 'syncLimit=5', `dataDir=${folder}`, `clientPort=${port}`,
    'clientPortAddress=127.0.0.1', 'maxClientCnxns=0', 'forceSync=no', 'preAllocSize=64', ...members,
  ];
  const file = join(folder, 'zoo.cfg');
  writeFileSync(file, `${settings.join('\n')}\n`);
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  return startProcess('java', [...JAVA, '-cp', CLASS_PATH, main, file],
    'there is no java: install it, and ZooKeeper (Debian: default-jre-headless libzookeeper-java)');
}
