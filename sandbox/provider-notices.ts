/** What oidc-provider says about settings that are right for a sandbox and wrong anywhere else. */
const EXPECTED = [/^oidc-provider WARNING: Unsupported runtime/, /development-only in-memory adapter/];

/** Runs the task and keeps these notices off the terminal; everything else that is written there goes through. */
export async function withoutDevelopmentNotices<T>(task: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: on a terminal the text comes with colours
    const text = String(words[0]).replace(/\x1b\[[\d;]*m/g, "");
    if (!EXPECTED.some((pattern) => pattern.test(text))) {
      warn(...words);
    }
  };
  try {
    return await task();
  } finally {
    console.warn = warn;
  }
}
