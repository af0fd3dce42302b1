import type { ExitCode } from '../explore/exit-code.ts';
import { examine, thisMachine, type Finding } from '../host/doctor.ts';
import { StandardOutput } from '../host/output.ts';
import { toolVersion } from '../host/package.ts';
import { oneLine } from '../report/text.ts';

/** Options of `doctor`, as commander hands them over. */
export interface DoctorOptions {
  readonly reporter: 'list' | 'json';
}

/** `doctor`: what of this machine matters, and whether a run here is the run that it is everywhere. */
export async function doctorCommand(options: DoctorOptions): Promise<ExitCode> {
  const findings = await examine(thisMachine());
  const output = new StandardOutput(process.stdout);
  output.write(options.reporter === 'json' ? doctorJson(findings) : doctorText(findings));
  await output.flush();
  return doctorExitCode(findings);
}

/** Whatever else is wrong: on a machine whose runs are others nothing can be trusted. */
export function doctorExitCode(findings: readonly Finding[]): ExitCode {
  const bad = new Set(findings.filter(({ state }) => state === 'bad').map(({ name }) => name));
  if (bad.has('self-test')) return 3;
  if (bad.has('reports')) return 74;
  return bad.size > 0 ? 1 : 0;
}

function doctorText(findings: readonly Finding[]): string {
  const marks = { ok: 'ok  ', note: 'note', bad: 'BAD ' } as const;
  const lines = findings.map(({ name, state, text }) => `${marks[state]}  ${name.padEnd(9)}  ${oneLine(text)}\n`);
  return [`quorumquake ${toolVersion()}\n`, ...lines].join('');
}

function doctorJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ schema: 'quorumquake/doctor@1', tool: toolVersion(), findings })}\n`;
}
