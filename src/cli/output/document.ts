export type DocumentFormat = 'json' | 'yaml';

/** An object for machines. */
export async function formatDocument(format: DocumentFormat, value: unknown): Promise<string> {
  if (format === 'json') return `${JSON.stringify(value, undefined, 2)}\n`;
  const { stringify } = await import('yaml');
  // Times stay text for readers of YAML 1.1, such as kubectl.
  return stringify(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 0 });
}

/** Several objects as one, as kubectl gives them. */
export function listOf(items: readonly unknown[]): object {
  return { apiVersion: 'v1', kind: 'List', items };
}
