import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';

/** The top of the repository. */
export const root: string = resolve(import.meta.dirname, '../..');

/** A tsconfig as the compiler reads it: its options, and its files as absolute paths. Throws on a bad one. */
export function readConfig(name: string): ts.ParsedCommandLine {
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
    },
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(resolve(root, name), {}, host);
  if (parsed === undefined) throw new Error(`${name} cannot be read`);
  return parsed;
}

/** Every .ts file below a folder, as absolute paths with forward slashes, the way the compiler writes them. */
export function filesBelow(folder: string): string[] {
  return readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => resolve(root, folder, file).replaceAll('\\', '/'));
}

/** A program over files of the disk and virtual texts, keyed by absolute path; a text wins over a file. */
export function programOf(
  roots: readonly string[],
  texts: ReadonlyMap<string, string>,
  options: ts.CompilerOptions,
): ts.Program {
  const host = ts.createCompilerHost(options);
  const onDisk = { ...host };
  host.fileExists = (path) => texts.has(path) || onDisk.fileExists(path);
  host.readFile = (path) => texts.get(path) ?? onDisk.readFile(path);
  host.directoryExists = (path) =>
    [...texts.keys()].some((file) => file.startsWith(`${path}/`)) || onDisk.directoryExists?.(path) === true;
  return ts.createProgram([...roots], options, host);
}

/** What the compiler says about one file: syntax, types, and what its declarations would lack. */
export function errorsIn(program: ts.Program, path: string): string[] {
  const file = program.getSourceFile(path);
  if (file === undefined) throw new Error(`${path} is not part of the program`);
  const diagnostics = [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
    ...program.getDeclarationDiagnostics(file),
  ];
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
