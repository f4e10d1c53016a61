import { isPrintable, printableAs } from './printable.ts';

export type DocumentFormat = 'json' | 'yaml';

/** An object for machines: also on a terminal, which obeys nothing of it. */
export async function formatDocument(format: DocumentFormat, value: unknown): Promise<string> {
  if (format === 'json') return `${printableAs(JSON.stringify(value, undefined, 2), jsonEscape)}\n`;
  const { Document, visit } = await import('yaml');
  // Times stay text for readers of YAML 1.1, such as kubectl.
  const document = new Document(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  visit(document, {
    Scalar: (_, scalar) => {
      // Only there can characters be escaped.
      if (typeof scalar.value === 'string' && !isPrintable(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return printableAs(document.toString({ lineWidth: 0 }), yamlEscape);
}

/** Several objects as one, as kubectl gives them. */
export function listOf(items: readonly unknown[]): object {
  return { apiVersion: 'v1', kind: 'List', items };
}

/** In UTF-16, as JSON wants it (RFC 8259, section 7). */
function jsonEscape(character: string): string {
  return character.split('').map(escaped).join('');
}

function yamlEscape(character: string): string {
  return character.length === 1 ? escaped(character) : String.raw`\U${hexadecimal(character).padStart(8, '0')}`;
}

function escaped(unit: string): string {
  return String.raw`\u${hexadecimal(unit).padStart(4, '0')}`;
}

function hexadecimal(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
