import { AtomicFile } from '../host/files.ts';
import { jsonReporter } from '../report/json.ts';
import { junitReporter } from '../report/junit.ts';
import { listReporter } from '../report/list.ts';
import type { Reporter, ReportPlan, Write } from '../report/reporter.ts';
import type { TextStyle } from '../report/text.ts';
import type { ReporterChoice } from './arguments.ts';

/** All reporters of a command as one, and their files. */
export interface OpenReporters extends Reporter {
  /** Removes unfinished files. */
  abandon(): void;
}

/** In a file nobody can be asked how wide it is. */
const fileStyle: TextStyle = { colourLevel: 0, hasUnicode: false, columns: null };

/** Opens reporters. If none was given standard output, `list` writes there. */
export function openReporters(
  choices: readonly ReporterChoice[], plan: ReportPlan, toOutput: Write, style: TextStyle,
): OpenReporters {
  const isTaken = choices.some(({ file }) => file === null);
  const all: readonly ReporterChoice[] = isTaken ? choices : [...choices, { name: 'list', file: null }];
  const files: AtomicFile[] = [];
  const abandon = (): void => { for (const file of files) file.abandon(); };
  const open = ({ name, file }: ReporterChoice): Reporter => {
    if (file === null) return reporterOf(name, toOutput, plan, style);
    const target = new AtomicFile(file);
    files.push(target);
    return reporterOf(name, (text) => { target.write(text); }, plan, fileStyle);
  };
  const reporters: Reporter[] = [];
  // Those with a file end first: if one cannot be written, nobody has been told yet that all is well.
  const inOrder = [...all.filter(({ file }) => file !== null), ...all.filter(({ file }) => file === null)];
  try {
    for (const choice of inOrder) reporters.push(open(choice));
  } catch (error) {
    abandon();
    throw error;
  }
  return {
    onRun: (run) => { for (const reporter of reporters) reporter.onRun(run); },
    onEnd: (end) => {
      for (const reporter of reporters.slice(0, files.length)) reporter.onEnd(end);
      for (const file of files) file.commit();
      for (const reporter of reporters.slice(files.length)) reporter.onEnd(end);
    },
    abandon,
  };
}

function reporterOf(name: ReporterChoice['name'], write: Write, plan: ReportPlan, style: TextStyle): Reporter {
  switch (name) {
    case 'list':
      return listReporter(write, plan, style);
    case 'json':
      return jsonReporter(write, plan);
    case 'junit':
      return junitReporter(write, plan);
  }
}
