import { isUtf8 } from 'node:buffer';
import {
  closeSync, existsSync, fsyncSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, realpathSync,
  renameSync, rmSync, statSync, writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { codeOf, HostError, messageOf } from './problem.ts';

const MIB = 1024 * 1024;

/** A bigger history is refused before it is read: a string of it would not fit. */
const HISTORY_BYTES_MAX = 256 * MIB;
/** The parser has a limit of its own, with a better message; this one keeps a wrong file out of memory. */
const SCENARIO_BYTES_MAX = MIB;

/**
 * The scenario files that arguments name: a file as it is, of a folder all `*.yaml` and `*.yml` below it, by code unit
 * of their paths. Links below a folder are not followed; hidden folders, `node_modules` and `reports`, where runs leave
 * copies of scenarios, are not entered; and nothing is named twice. Paths begin as the argument does and have forward
 * slashes.
 */
export function scenarioFiles(paths: readonly string[]): readonly string[] {
  const found = new Map<string, string>();
  for (const path of paths) {
    const files = isFolder(path) ? yamlBelow(path.replace(/(?<=.)[\\/]+$/, '')) : [path];
    for (const file of files) if (!found.has(resolve(file))) found.set(resolve(file), file);
  }
  return [...found.values()];
}

/** Whether the path is that of a folder. A path that leads nowhere is bad usage. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw new HostError(65, messageOf(error));
    throw new HostError(64, `there is no ${path}`);
  }
}

/** Whether there is a file of that name. */
export function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** Whether anything has that name, a link that leads nowhere included. */
export function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false; // What is in the way of the path itself shows when it is written to.
  }
}

function yamlBelow(folder: string): readonly string[] {
  const files: string[] = [];
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const below = path === '.' ? entry.name : `${path}/${entry.name}`;
      const isLeftOut = entry.name.startsWith('.') || entry.name === 'node_modules' || entry.name === 'reports';
      if (entry.isDirectory() && !isLeftOut) visit(below);
      else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) files.push(below);
    }
  };
  visit(folder);
  return files.sort((a, b) => (a < b ? -1 : 1));
}

/** The bytes of a scenario file. */
export function readScenarioFile(path: string): Buffer {
  return readLimited(path, SCENARIO_BYTES_MAX, false);
}

/** The text of a history file. Two bytes that are no text would else become the same replacement character. */
export function readHistoryFile(path: string): string {
  const bytes = readLimited(path, HISTORY_BYTES_MAX, true);
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return text;
  let [offset, start] = [0, 0];
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', at + 1)) {
    offset += Buffer.byteLength(text.slice(start, at));
    start = at;
    if (bytes.subarray(offset, offset + 3).toString('hex') === 'efbfbd') continue; // It stands there as such.
    const line = text.slice(0, at).split('\n').length;
    const hidden = line === 1 && text.startsWith('\ufeff') ? 1 : 0; // Editors count columns without this mark.
    const column = at - text.lastIndexOf('\n', at) - hidden;
    throw new HostError(65, `${path}:${line}:${column}: a byte that is no text in UTF-8`);
  }
  return text;
}

/** A pipe is for what is unpacked on the way. A scenario must be there again when a run of it is replayed. */
function readLimited(path: string, bytesMax: number, mayBePipe: boolean): Buffer {
  if (isFolder(path)) throw new HostError(64, `${path} is a folder`, 'name a file');
  try {
    const stats = statSync(path);
    if (stats.isFile()) {
      refuseLarge(path, stats.size, bytesMax);
      return readFileSync(path);
    }
    if (mayBePipe) return readStream(path, bytesMax);
  } catch (error) {
    throw error instanceof HostError ? error : new HostError(65, messageOf(error));
  }
  throw new HostError(65, `${path} is no regular file, but a pipe, a socket or a device`);
}

/** Until its end, or until it has become too much: a device may have no end. */
function readStream(path: string, bytesMax: number): Buffer {
  const chunks: Buffer[] = [];
  const descriptor = openSync(path, 'r');
  try {
    for (let size = 0; ;) {
      const chunk = Buffer.alloc(MIB);
      const count = readSync(descriptor, chunk);
      if (count === 0) return Buffer.concat(chunks);
      size += count;
      refuseLarge(path, size, bytesMax);
      chunks.push(chunk.subarray(0, count));
    }
  } finally {
    closeSync(descriptor);
  }
}

function refuseLarge(path: string, size: number, bytesMax: number): void {
  if (size > bytesMax) throw new HostError(65, `${path} has ${size} bytes; at most ${bytesMax} are read`);
}

/**
 * A file that comes into being whole or not at all: written under another name beside it, flushed, renamed. What is no
 * regular file (a device, a pipe) is written to as it is.
 */
export class AtomicFile {
  /** Where a link leads. */
  private readonly path: string;
  /** `null` for what cannot be replaced. */
  private readonly temporary: string | null;
  private readonly descriptor: number;

  /** Makes the folder if need be. */
  constructor(path: string) {
    const target = writing(path, () => statSync(path, { throwIfNoEntry: false }));
    if (target?.isDirectory() === true) throw new HostError(74, `cannot write ${path}: it is a folder`);
    this.path = target === undefined ? path : realpathSync(path);
    this.temporary = target === undefined || target.isFile() ? `${this.path}.${process.pid}.part` : null;
    this.descriptor = writing(path, () => {
      mkdirSync(dirname(this.path), { recursive: true });
      return openSync(this.temporary ?? this.path, 'w');
    });
  }

  write(data: string | Buffer): void {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    this.orRemove(() => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.descriptor, bytes, at);
    });
  }

  /** From here on the file is there, under its name. */
  commit(): void {
    this.orRemove(() => {
      if (this.temporary !== null) fsyncSync(this.descriptor);
      closeSync(this.descriptor);
      if (this.temporary !== null) renameSync(this.temporary, this.path);
    });
  }

  /** Leaves nothing behind. */
  abandon(): void {
    if (this.temporary !== null) rmSync(this.temporary, { force: true });
  }

  private orRemove(action: () => void): void {
    writing(this.path, () => {
      try {
        action();
      } catch (error) {
        this.abandon();
        throw error;
      }
    });
  }
}

/** Writes a whole file, or none. */
export function writeAtomically(path: string, data: string | Buffer): void {
  const file = new AtomicFile(path);
  file.write(data);
  file.commit();
}

function writing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new HostError(74, `cannot write ${path}: ${messageOf(error)}`);
  }
}

/** What a failing run leaves. */
export interface RunFiles {
  readonly slug: string;
  /** Where the file has several systems, else `null`: which one this is. */
  readonly system: string | null;
  readonly seed: string;
  readonly resultJson: string;
  readonly history: string;
  readonly scenario: Buffer;
}

/** Writes the folder of one run below `reports` and returns its path. The same run writes the same bytes again. */
export function writeRunFiles({ slug, system, seed, resultJson, history, scenario }: RunFiles): string {
  // A seed is any word, "..", too, but a name in a path must be one that leads nowhere else, and no two may be alike.
  const name = encodeURIComponent(seed).replace(/[!'()*~]|^\.+/g, (text) =>
    [...text].map((character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`).join(''));
  const folder = ['reports', slug, ...(system === null ? [] : [system]), name].join('/');
  writeAtomically(join(folder, 'result.json'), resultJson);
  writeAtomically(join(folder, 'history.jsonl'), history);
  writeAtomically(join(folder, 'scenario.yaml'), scenario);
  return folder;
}
