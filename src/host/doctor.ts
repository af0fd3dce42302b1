import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { AtomicFile } from './files.ts';
import { supportedNode } from './package.ts';
import { defaultWorkers, WORKER_HEAP_MB } from './pool.ts';
import { HostError, messageOf } from './problem.ts';
import { selfTest, type SelfTest } from './self-test.ts';
import { screenStyle, type Environment, type Screen } from './terminal.ts';

/** One thing of this machine that matters. `note`: it works, but somebody should know. */
export interface Finding {
  readonly name: 'node' | 'workers' | 'memory' | 'terminal' | 'reports' | 'self-test';
  readonly state: 'ok' | 'note' | 'bad';
  readonly text: string;
}

/** What the machine is looked at through; a test has others. */
export interface Machine {
  readonly nodeVersion: string;
  readonly cores: number;
  /** Bytes that this process may have, or that the machine has. */
  readonly memory: number;
  readonly screen: Screen;
  readonly environment: Environment;
  readonly selfTest: () => Promise<SelfTest>;
}

/** The machine on which this runs. */
export function thisMachine(): Machine {
  const allowed = process.constrainedMemory();
  return {
    nodeVersion: process.versions.node,
    cores: availableParallelism(),
    memory: allowed > 0 ? Math.min(allowed, totalmem()) : totalmem(),
    screen: process.stdout,
    environment: process.env,
    selfTest,
  };
}

/** Looks at everything. Writes a file below the working directory, and removes it again. */
export async function examine(machine: Machine): Promise<readonly Finding[]> {
  return [
    nodeFinding(machine.nodeVersion, supportedNode()), workersFinding(machine.cores), memoryFinding(machine),
    terminalFinding(machine), reportsFinding(), await selfTestFinding(machine),
  ];
}

function nodeFinding(version: string, range: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = range.replace(/^>=/, '').split('.').map(Number);
  const isNewEnough = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  const text = isNewEnough ? `Node ${version}` : `Node ${version}; ${range} is needed`;
  return { name: 'node', state: isNewEnough ? 'ok' : 'bad', text };
}

function workersFinding(cores: number): Finding {
  if (cores === 1) return { name: 'workers', state: 'note', text: 'one core: runs are made one after the other' };
  return { name: 'workers', state: 'ok', text: `${cores} cores: -j ${defaultWorkers(cores)} if not said` };
}

function memoryFinding({ memory, cores }: Machine): Finding {
  const workers = defaultWorkers(cores);
  const mb = Math.floor(memory / 1024 / 1024);
  const isEnough = mb >= workers * WORKER_HEAP_MB;
  const text = `${mb} MB, of which -j ${workers} may take ${workers * WORKER_HEAP_MB} MB`;
  return { name: 'memory', state: isEnough ? 'ok' : 'note', text: isEnough ? text : `${text}: use a smaller -j` };
}

function terminalFinding({ screen, environment }: Machine): Finding {
  const { colourLevel, hasUnicode, columns } = screenStyle(screen, environment, 'auto');
  const width = columns === null ? 'no terminal: plain lines' : `a terminal of ${columns} columns`;
  const looks = `${colourLevel > 0 ? 'colour' : 'no colour'}, ${hasUnicode ? 'Unicode' : 'ASCII'}`;
  return { name: 'terminal', state: 'ok', text: `${width}, ${looks}` };
}

/** Where runs leave their files. A folder that is not there yet is made with the first failure, and not for this. */
function reportsFinding(): Finding {
  const folder = existsSync('reports') ? 'reports' : '.';
  try {
    const file = new AtomicFile(`${folder}/.doctor`);
    try {
      file.write('quorumquake doctor\n');
    } finally {
      file.abandon();
    }
    return { name: 'reports', state: 'ok', text: `${folder === '.' ? 'this folder' : folder} can be written to` };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { name: 'reports', state: 'bad', text: error.message };
  }
}

async function selfTestFinding({ selfTest: test }: Machine): Promise<Finding> {
  try {
    const { fingerprints, pinned } = await test();
    const isSame = fingerprints.every((fingerprint) => fingerprint === pinned);
    if (isSame) return { name: 'self-test', state: 'ok', text: `two runs, fingerprint ${pinned}, as everywhere` };
    const text = `two runs have the fingerprints ${fingerprints.join(' and ')}; everywhere else it is ${pinned}`;
    return { name: 'self-test', state: 'bad', text };
  } catch (error) {
    return { name: 'self-test', state: 'bad', text: `it broke off: ${messageOf(error)}` };
  }
}
