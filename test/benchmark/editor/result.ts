/** How the editor has started an extension: milliseconds, and megabytes of heap if that could be seen. */
export interface Started {
  readonly load: number;
  readonly activate: number;
  readonly heap: number | undefined;
}

/** What one start of the editor found. */
export interface EditorResult {
  readonly started: Partial<Record<'ours' | 'github' | 'microsoft', Started>>;
  /** Milliseconds of each call, by the provider that answered. */
  readonly answers?: Record<'ours' | 'constant' | 'github', readonly number[]>;
}
