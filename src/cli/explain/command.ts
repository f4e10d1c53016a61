import { isSea } from 'node:sea';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { readNodeFile, type NodeSettings } from '../../config/node-file.ts';
import { Failure } from '../../system/failure.ts';
import { fail } from '../../system/finding.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatDocument } from '../output/document.ts';
import { regularFiles } from '../regular-files.ts';
import type { Session } from '../session.ts';
import { namedNodeFile, type StoreOptions } from '../store-choice.ts';
import { openStore } from '../store-open.ts';
import { withStoreOptions } from '../store-options.ts';
import { isThere } from './absent-pod.ts';
import { explainAddress } from './address.ts';
import { explanationObject, formatExplanation, type Explanation } from './explanation.ts';
import { examples, overview } from './help.ts';
import { explainPod } from './pod.ts';
import { explainPool } from './pool.ts';
import { parseSubject, type Subject } from './subject.ts';
import { viewOf, type View } from './view.ts';

interface ExplainOptions extends StoreOptions {
  readonly namespace?: string;
  readonly output: 'text' | 'json' | 'yaml';
}

/** `antrea explain` */
export function addExplainCommand(program: Command, session: Session): void {
  const command = program
    .command('explain')
    .summary('why has a Pod no address? who holds this one? what will free it?')
    .description(overview)
    .argument('<what>', 'a Pod, an address or a pool')
    .option('-n, --namespace <name>', "Namespace of the Pod (default: that of the kubeconfig's context, or default)")
    .addOption(
      new Option('-o, --output <format>', 'for people, or for machines')
        .choices(['text', 'json', 'yaml'])
        .default('text'),
    );
  withStoreOptions(command)
    .addHelpText('after', examples)
    .action(async (what: string, options: ExplainOptions) => {
      const subject = subjectOf(command, what, options.namespace);
      const { terminal } = session;
      const store = await openStore(options, { terminal, log: await session.log() });
      const view = viewOf(store, { ownType: ownType(), node: nodeOf(options, session), now: new Date() });
      const explanation = withProblems(await explain(view, subject), view);
      const { output } = options;
      terminal.out(
        output === 'text'
          ? formatExplanation(explanation)
          : await formatDocument(output, explanationObject(explanation)),
      );
      if (!explanation.found) session.exitWith(exitCodes.notFound);
    });
}

/** What cannot be the name of anything is wrong usage. */
function subjectOf(command: Command, what: string, namespace: string | undefined): Subject {
  try {
    return parseSubject(what, namespace);
  } catch (error) {
    if (error instanceof Failure) return command.error(`error: ${error.message}`);
    throw error;
  }
}

/** Networks name this program by the name that it is installed under. */
function ownType(): string {
  return isSea() ? basename(process.argv0) : 'antrea';
}

/** A Node file that is missing or wrong matters to `antrea check`, not here. */
function nodeOf(options: ExplainOptions, { terminal }: Session): NodeSettings | undefined {
  try {
    return readNodeFile(regularFiles, namedNodeFile(options, terminal.env));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

async function explain(view: View, subject: Subject): Promise<Explanation> {
  if (subject.kind === 'address') return explainAddress(view, subject.address);
  if (subject.kind === 'pool') return explainPool(view, subject.name);
  const namespace = view.cluster?.namespace ?? 'default';
  if (subject.kind === 'pod')
    return explainPod(view, { name: subject.name, namespace: subject.namespace ?? namespace });
  return explainName(view, { name: subject.name, namespace });
}

/** What could not be read may be just what was asked for. */
function withProblems(explanation: Explanation, { holdings }: View): Explanation {
  const advice = 'until then, what it says is missing above; all that is damaged: antrea ippool get --addresses';
  const problems = holdings.problems().map(({ message }) => fail('records', message, advice));
  return { ...explanation, findings: [...explanation.findings, ...problems] };
}

/** A pool or a Pod, whichever there is. */
async function explainName(
  view: View,
  pod: { readonly name: string; readonly namespace: string },
): Promise<Explanation> {
  const pool = await unlessMissing(() => explainPool(view, pod.name));
  if (pool === undefined) return explainPod(view, pod);
  if (!(await isThere(view, pod))) return pool;
  throw new Failure('config', `${pod.name} is a pool and a Pod: expected pool/${pod.name} or pod/${pod.name}`);
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Failure && error.kind === 'not-found') return undefined;
    throw error;
  }
}
