// Carries the steps of a plan out, by commands to the socket.
import { EvenkeelError } from '../../core/errors.js';
import { refuseUnlessDone } from '../runtime/answers.js';
import * as commands from '../runtime/commands.js';
import type { RuntimeSocket } from '../runtime/runtime-socket.js';
import { addableSettings, type Step } from './plan.js';
import { renderServerWords } from './server-words.js';
import type { ServerLine } from './servers.js';

/**
 * Carries steps out, in order; servers that go are only put into maintenance, so that they finish what they have.
 * @param certificateName - HAProxy's name of a certificate file
 * @returns the servers to delete once nothing is left on them
 * @throws EK_HAPROXY for the first command that HAProxy refuses; those before it are done
 */
export async function runSteps(
  runtime: RuntimeSocket,
  steps: readonly Step[],
  certificateName: (file: string) => string = (file) => file,
): Promise<readonly ServerLine[]> {
  const lines: string[] = [];
  for (const step of steps)
    if (step.kind === 'certificate')
      await swapCertificate(runtime, certificateName(step.file), step.content);
    else lines.push(...commandsOf(step));
  const answers = await runtime.batch(lines);
  lines.forEach((line, index) => refuseUnlessDone(line, answers[index] ?? ''));
  return steps.flatMap((step) => (step.kind === 'remove' ? [step.line] : []));
}

function commandsOf(step: Exclude<Step, { kind: 'certificate' }>): readonly string[] {
  if (step.kind === 'map')
    return [
      ...step.removed.map((key) => commands.deleteMapEntry(step.file, key)),
      ...[...step.set].map(([key, value]) => commands.setMapEntry(step.file, key, value)),
      ...[...step.added].map(([key, value]) => commands.addMapEntry(step.file, key, value)),
    ];
  switch (step.kind) {
    case 'weight':
      return [commands.setWeight(step.line, step.weight)];
    case 'state':
      return [commands.setState(step.line, step.state)];
    case 'address':
      return [addressCommand(step.line)];
    case 'max-connections':
      return [commands.setMaxConnections(step.line, step.count)];
    case 'add':
      return additionCommands(step.line);
    default:
      return [commands.setState(step.line, 'maint')];
  }
}

function addressCommand(line: ServerLine): string {
  const match = /^(?:ipv[46]@)?(.*):(\d+)$/.exec(line.address);
  const host = (match?.[1] ?? '').replace(/^\[(.*)\]$/, '$1');
  return commands.setAddress(line, host, Number(match?.[2]));
}

/** It starts in maintenance with its checks off: both are switched as the configuration would have them. */
function additionCommands(line: ServerLine): readonly string[] {
  const settings = addableSettings(line);
  return [
    commands.addServer(line, line.address, renderServerWords(settings)),
    ...(settings.has('check') ? [commands.enableHealth(line)] : []),
    ...(line.settings.has('disabled') ? [] : [commands.setState(line, 'ready')]),
  ];
}

/** The old certificate serves until the new one is committed; a bad one changes nothing. */
async function swapCertificate(
  runtime: RuntimeSocket,
  file: string,
  content: string,
): Promise<void> {
  try {
    const set = commands.setCertificate(file);
    // An empty line would end the payload.
    refuseUnlessDone(set, await runtime.ask(set, content.replaceAll(/\n\s*\n/g, '\n')));
    const commit = commands.commitCertificate(file);
    refuseUnlessDone(commit, await runtime.ask(commit));
  } catch (error) {
    await runtime.ask(commands.abortCertificate(file)).catch(() => '');
    throw error instanceof EvenkeelError ? error : new EvenkeelError('EK_HAPROXY', String(error));
  }
}
