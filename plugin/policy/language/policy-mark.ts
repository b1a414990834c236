/**
 * This key marks a document as a policy. Messages never quote a document without the key `jwt_policy`, because such a
 * document may be a secret.
 */
const MARK = "jwt_policy";

// The key may follow blank lines, comments, directives and `---`. The key may also be the first member of a JSON
// object.
const FIRST_KEY =
  /^\ufeff?(?:[ \t]*(?:#[^\n]*|%[^\n]*|---[ \t]*(?:#[^\n]*)?)?\r?\n)*(?:jwt_policy|"jwt_policy"|'jwt_policy'|\{\s*(?:jwt_policy|"jwt_policy"))[ \t]*:/;

/** Whether plain data has the mark. */
export function hasMark(data: unknown): boolean {
  return typeof data === "object" && data !== null && !Array.isArray(data) && Object.hasOwn(data, MARK);
}

/** Whether a text that cannot be parsed begins with the mark. */
export function beginsWithMark(text: string): boolean {
  return FIRST_KEY.test(text);
}

export const NOT_A_POLICY = `This is not a policy: the key "${MARK}" is missing. A policy begins with "${MARK}: 1".`;
