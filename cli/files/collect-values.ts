/** Collects the values of an option that can be repeated. */
export function collectValues(value: string, known: readonly string[] = []): string[] {
  return [...known, value];
}
