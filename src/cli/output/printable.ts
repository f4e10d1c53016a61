/**
 * Text for a terminal, with nothing in it that a terminal obeys: control characters, line
 * separators, and characters that are invisible or change the direction of writing become `\u{…}`.
 * The name of a Pod or a pool may come from somebody who means harm.
 */
export function printable(text: string): string {
  return text.replaceAll(obeyed, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same, keeping its line breaks. */
export function printableLines(text: string): readonly string[] {
  return text.split(/\r?\n/).map(printable);
}

/** Other, control; format; line and paragraph separator; surrogates that stand alone. */
const obeyed = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
