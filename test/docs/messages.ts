import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/paths.ts';
import { readImports } from '../build/imports.ts';

/** A message as the sources write it, with `…` for each value. */
export interface Message {
  /** Such as `src/cni/args.ts`. */
  readonly file: string;
  /** The kind of Failure; undefined when it is not written there. */
  readonly kind: string | undefined;
  readonly text: string;
}

/**
 * Every message that the executable can give: of a `new Failure(kind, message …)`, and of a subclass's
 * `super(kind, message …)`, whose words are written there: both branches of a condition count. One that is only
 * passed on is written somewhere else.
 */
export function readMessages(): readonly Message[] {
  return [...reachable(entryPoints)].flatMap(messagesOf);
}

/** Those after the first two are imported only when they are needed, which is not seen here. */
const entryPoints = [
  'src/plugin/main.ts',
  'src/cli/main.ts',
  'src/cli/access/find.ts',
  'src/controller/main.ts',
  'src/agent/main.ts',
  'src/agent/cri/client.ts',
  'src/cli/install/run.ts',
];

/** These sources, and what they import. */
function reachable(entries: readonly string[]): ReadonlySet<string> {
  const imports = readImports().filter(({ to, typeOnly }) => !typeOnly && to.startsWith('src/'));
  const found = new Set(entries);
  // A set's iterator goes on with what is added on the way.
  for (const file of found) for (const { from, to } of imports) if (from === file) found.add(to);
  return found;
}

function messagesOf(file: string): readonly Message[] {
  const source = readFileSync(join(root, file), 'utf8');
  const starts = [...source.matchAll(/(?:new Failure|super)\(/g)].map(({ index, 0: call }) => index + call.length);
  return starts.flatMap((start) => {
    const [kind, message = ''] = argumentsFrom(source, start);
    const whole = literal(message.trim());
    const texts =
      whole === undefined ? message.split(/\s[?:]\s/).flatMap((part) => literal(part.trim()) ?? []) : [whole];
    return texts.map((text) => ({ file, kind: literal(kind?.trim() ?? ''), text }));
  });
}

/** The arguments of a call, split at its own commas. */
function argumentsFrom(source: string, start: number): readonly string[] {
  const found: string[] = [];
  let from = start;
  for (let at = start, depth = 0; at < source.length; at += 1) {
    const character = source[at] ?? '';
    if (`'"\``.includes(character)) at = endOfText(source, at);
    else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    if (depth < 0 || (depth === 0 && character === ',')) {
      found.push(source.slice(from, at));
      from = at + 1;
    }
    if (depth < 0) return found;
  }
  return found;
}

/** Where the quote at `start` is closed; a template may hold templates. */
function endOfText(source: string, start: number): number {
  const quote = source[start];
  for (let at = start + 1; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === quote) return at;
    else if (quote === '`' && source.startsWith('${', at)) at = endOfValue(source, at + 2);
  }
  return source.length;
}

function endOfValue(source: string, start: number): number {
  for (let at = start, depth = 0; at < source.length; at += 1) {
    const character = source[at] ?? '';
    if (`'"\``.includes(character)) at = endOfText(source, at);
    else if (character === '{') depth += 1;
    else if (character === '}' && depth === 0) return at;
    else if (character === '}') depth -= 1;
  }
  return source.length;
}

/** What a string or a template says; undefined for any other expression. */
function literal(expression: string): string | undefined {
  const quote = expression[0] ?? '';
  if (!`'"\``.includes(quote) || endOfText(expression, 0) !== expression.length - 1) return undefined;
  let text = '';
  for (let at = 1; at < expression.length - 1; at += 1) {
    if (quote === '`' && expression.startsWith('${', at)) {
      at = endOfValue(expression, at + 2);
      text += '…';
    } else if (expression[at] === '\\') {
      at += 1;
      text += expression[at] ?? '';
    } else text += expression[at] ?? '';
  }
  return text;
}
