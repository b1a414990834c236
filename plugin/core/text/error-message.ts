/** The message of an error that was caught. Anything can be thrown, so another value has no message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}
