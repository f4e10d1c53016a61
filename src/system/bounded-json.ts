import { Failure } from './failure.ts';
import { isOrdinary } from './ordinary-node.ts';

/**
 * Different strings in all that one call of the plugin reads. A configuration or a Pod has a few hundred; a GC, which may
 * have many more, is called with a seed of its own (bin/antrea.ts).
 */
export const mostStrings = 6000;

/**
 * From now on, for this process: the plugin's hash tables have the same seed in every process (docs/adr/0011), so that
 * whoever writes a network or a Pod can choose strings that all fall into the same place of a table. Time grows with the
 * square of their number: these take less than a second.
 */
export function boundStrings(): void {
  charge = isOrdinary() ? undefined : createStringBudget(mostStrings);
}

/**
 * `JSON.parse` for texts that somebody else has written, or may have.
 * @param what names the text in the message
 * @throws Failure `decode` when this process has read too many different strings; SyntaxError
 */
export function parseForeignJson(text: string, what: string): unknown {
  charge?.(text, what);
  return JSON.parse(text);
}

type Charge = (text: string, what: string) => void;

/** Undefined in processes that live on, and in those that a person starts: their seed is nobody's to know. */
let charge: Charge | undefined;

/** @returns takes one text after the other, and throws Failure `decode` when they have more than `most` different strings in all */
export function createStringBudget(most: number): Charge {
  const seen = new Set<string>();
  const unread: string[] = [];
  let characters = 0;
  return (text, what) => {
    characters += text.length;
    unread.push(text);
    // A string takes two quotation marks, a comma and, as it differs from others, a character at least.
    if (characters < 4 * most) return;
    for (const one of unread.splice(0)) {
      for (const string of stringsIn(one)) {
        if (seen.add(string).size > most) throw tooMany(what, most);
      }
    }
  };
}

function tooMany(what: string, most: number): Failure {
  return new Failure(
    'decode',
    `${what} has, with all that was read before it, more than ${most} different strings: expected a few hundred`,
  );
}

/** What is between quotation marks, as it is written. */
function* stringsIn(text: string): Generator<string, void> {
  for (let start = text.indexOf('"'); start !== -1;) {
    const end = endOfString(text, start + 1);
    yield text.slice(start + 1, end);
    start = text.indexOf('"', end + 1);
  }
}

function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    if (backslashesBefore(text, quote) % 2 === 0) return quote;
  }
  return text.length;
}

function backslashesBefore(text: string, place: number): number {
  let first = place;
  while (text[first - 1] === '\\') first--;
  return place - first;
}
