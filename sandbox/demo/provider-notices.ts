/** Hides warnings of oidc-provider about settings that are right only in a sandbox. */
const EXPECTED = [/^oidc-provider WARNING: Unsupported runtime/, /development-only in-memory adapter/];

/** Runs the task and hides the expected warnings. All other output of the task appears on the terminal. */
export async function withoutDevelopmentNotices<T>(task: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: on a terminal the text has colour codes
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
