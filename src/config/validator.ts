/** What ajv makes of a JSON Schema (scripts/generate.ts). */
export interface Validator {
  (data: unknown): boolean;
  /** All that the last call found wrong; null if that was nothing. */
  errors?: readonly ValidationError[] | null;
}

export interface ValidationError {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}
