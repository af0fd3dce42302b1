import { Argument, Command, Option } from 'commander';
import type { ExitCode } from '../explore/exit-code.ts';
import { addReporter, parseSeed, parseSeeds, parseShard, parseTimeLimit, parseWorkers } from './arguments.ts';
import type { CheckOptions } from './check-command.ts';
import type { DoctorOptions } from './doctor-command.ts';
import type { InitOptions } from './init-command.ts';
import type { ListOptions } from './list-command.ts';
import type { ReplayOptions } from './replay-command.ts';
import type { RunOptions } from './run-command.ts';

/** The command line: names, options and help. Commands are imported when they are called, so that help is fast. */
export function commandLine(version: string, onExit: (code: ExitCode) => void): Command {
  const program = new Command('quorumquake')
    .description('Runs consensus protocols and locks in a deterministic simulation, and judges what clients saw.')
    .version(version)
    .helpCommand(false)
    .showHelpAfterError('(see quorumquake --help)')
    .exitOverride();
  addRun(program, onExit);
  addReplay(program, onExit);
  addCheck(program, onExit);
  addList(program, onExit);
  addSchema(program, onExit);
  addDoctor(program, onExit);
  addInit(program, onExit);
  program.addHelpText('after', `
Exit codes: 0 every expectation met, 1 an expectation failed, 2 something unknown or vacuous, 3 nondeterminism,
4 nothing selected, 64 bad usage, 65 bad scenario or history, 70 internal error, 74 output could not be written,
130 or 143 stopped by a signal.`);
  return program;
}

function colour(): Option {
  return new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto');
}

function addRun(program: Command, onExit: (code: ExitCode) => void): void {
  program.command('run')
    .description('run scenario files, and all *.yaml below folders')
    .argument('<file...>', 'scenario files or folders')
    .addOption(new Option('--seed <seed>', 'one seed, any word').argParser(parseSeed).conflicts('seeds'))
    .addOption(new Option('--seeds <n>', 'n seeds from the scenario\'s first on, or a range a..b; default: its own')
      .argParser(parseSeeds))
    .option('-j, --jobs <n>', 'runs at the same time; default: all cores but one', parseWorkers)
    .option('--shard <i/n>', 'only the i-th of n parts of the runs, counted from 1', parseShard)
    .option('--system <name>', 'only this one of the systems')
    .option('--defect <id>', 'arm a defect, by id or row, or several, as ID+ID; a find is a failure, and exits with 1')
    .option('--protocol <module>', 'a JavaScript module with your own protocol, in place of the built-in one')
    .option('--verify-determinism', 'make each run twice and compare the traces; a difference exits with 3')
    .option('--reporter <name[=file]>', 'list, json or junit; may be repeated', addReporter)
    .addOption(colour())
    .action(async (files: readonly string[], options: RunOptions) => {
      const { runCommand } = await import('./run-command.ts');
      onExit(await runCommand(files, options));
    });
}

function addReplay(program: Command, onExit: (code: ExitCode) => void): void {
  program.command('replay')
    .description('make exactly one run again')
    .argument('<coordinate>', 'as a failure prints it: raft/some-claim@0123456789ab/7')
    .option('--trace', 'print the full trace')
    .option('--history <file>', 'write the history as JSON lines')
    .option('--protocol <module>', 'the protocol that the run was made with')
    .addOption(colour())
    .action(async (coordinate: string, options: ReplayOptions) => {
      const { replayCommand } = await import('./replay-command.ts');
      onExit(await replayCommand(coordinate, options));
    });
}

function addCheck(program: Command, onExit: (code: ExitCode) => void): void {
  program.command('check')
    .description('judge a stored history, from any tool: exits with 0 valid, 1 invalid, 2 unknown')
    .argument('<file>', 'JSON lines, a history.edn of Jepsen or Knossos, or a log of Jepsen')
    .option('--model <model>', 'register, cas-register, kv, append, counter, set, mutex, fenced-lock, queue or '
      + 'stack; or of queues without an order: total-queue; or barriers; or of locks that expire: fencing, '
      + 'mutual-exclusion or lock-ownership; or of znodes: linearizable-writes, session-order, fresh-sync, watches or '
      + 'sessions; default: the one of the first ten that the operations imply')
    .addOption(new Option('--format <format>', 'of the file; auto: what it begins like')
      .choices(['auto', 'jsonl', 'edn', 'jepsen-log']).default('auto'))
    .addOption(new Option('--failed-cas <meaning>', 'ignore: a cas that failed says nothing; observe: the value was '
      + 'another one').choices(['ignore', 'observe']).default('ignore'))
    .addOption(new Option('--nil-read <meaning>', 'unknown: a read of null says nothing; initial: it found null; '
      + 'default: initial in JSON lines, else unknown').choices(['unknown', 'initial']))
    .option('--initial <value>', 'what each object holds at first, in JSON')
    .addOption(new Option('--equal-times <meaning>', 'ordered: lines of one time follow each other; concurrent: they '
      + 'overlap').choices(['ordered', 'concurrent']).default('ordered'))
    .addOption(new Option('--reporter <name>', 'of the verdict').choices(['list', 'json']).default('list'))
    .option('--time-limit <time>', 'give up, as unknown, after 500ms, 60s, 5min of real time', parseTimeLimit)
    .action(async (file: string, options: CheckOptions) => {
      const { checkCommand } = await import('./check-command.ts');
      onExit(await checkCommand(file, options));
    });
}

function addList(program: Command, onExit: (code: ExitCode) => void): void {
  program.command('list')
    .description('one line of claim for each scenario')
    .addArgument(new Argument('[file...]', 'scenario files or folders').default(['scenarios'], 'scenarios'))
    .option('--defects', 'the catalogue of defects instead')
    .action(async (files: readonly string[], options: ListOptions) => {
      const { listCommand } = await import('./list-command.ts');
      onExit(await listCommand(files, options));
    });
}

function addSchema(program: Command, onExit: (code: ExitCode) => void): void {
  program.command('schema')
    .description('print the JSON Schema of scenario files, for editors')
    .addHelpText('after', `
Save it, and name it in the first line of a scenario; editors with the YAML language server then complete and check it:
  quorumquake schema > scenarios/schema.json
  # yaml-language-server: $schema=schema.json`)
    .action(async () => {
      const { schemaCommand } = await import('./schema-command.ts');
      onExit(await schemaCommand());
    });
}

function addDoctor(program: Command, onExit: (code: ExitCode) => void): void {
  program.command('doctor')
    .description('look at this machine, and make a small run twice: exits with 0 if all is well')
    .addOption(new Option('--reporter <name>', 'of the findings').choices(['list', 'json']).default('list'))
    .addHelpText('after', `
Exits with 3 if the run differs from what it is everywhere, 74 if reports could not be written, 1 if Node is too old.`)
    .action(async (options: DoctorOptions) => {
      const { doctorCommand } = await import('./doctor-command.ts');
      onExit(await doctorCommand(options));
    });
}

function addInit(program: Command, onExit: (code: ExitCode) => void): void {
  program.command('init')
    .description('write a first scenario, the schema for editors and a workflow for CI')
    .addArgument(new Argument('[folder]', 'where to').default('.', 'here'))
    .option('--force', 'overwrite what is there')
    .action(async (folder: string, options: InitOptions) => {
      const { initCommand } = await import('./init-command.ts');
      onExit(await initCommand(folder, options));
    });
}
