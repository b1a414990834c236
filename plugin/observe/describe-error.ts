/**
 * Returns the kind of an error, and its location in the code. The error's message is omitted, because it may quote the data being
 * read.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) {
    return typeof error;
  }
  const frames = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return [error.name, ...frames.slice(0, 8).map((line) => line.trim())].join(" ");
}
