/** Seeds that failed once, and what was wrong. Whatever changes, they must pass. */
export const REGRESSIONS: readonly { readonly what: string; readonly seed: number; readonly nodes: 3 | 5 }[] = []
