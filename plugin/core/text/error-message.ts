/**
 * The message of an error that was caught. JavaScript code can throw any value, and a value that is not an Error has no
 * message.
 */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}
