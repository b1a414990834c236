import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { quoteText } from "../../plugin/core/text/printable.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import type { ProviderOption, Values } from "./model/provider.ts";

/** Asks the user a question. The result is the answer; undefined if the user ended the input without an answer. */
export type Ask = (question: string) => Promise<string | undefined>;

/**
 * Checks the given values, and asks the user for missing values.
 *
 * @param ask asks the user for a value; undefined if there is no user.
 * @returns all values, or one line for each value that is wrong or missing.
 */
export async function collectValues(
  options: readonly ProviderOption[],
  given: Values,
  ask: Ask | undefined,
): Promise<Result<Values, readonly string[]>> {
  const wrong = options.flatMap((option) => {
    const value = given[option.name];
    const checked = value === undefined ? succeed(undefined) : checkValue(option, value);
    return checked.ok ? [] : [checked.failure];
  });
  if (wrong.length > 0) {
    return fail(wrong);
  }
  const values: Record<string, string | undefined> = { ...given };
  const missing: string[] = [];
  let hasEnded = ask === undefined;
  for (const option of options) {
    if (values[option.name] !== undefined || option.isNeeded?.(values) !== true) {
      continue;
    }
    const answer = ask === undefined || hasEnded ? undefined : await askFor(option, ask);
    hasEnded ||= answer === undefined;
    if (answer === undefined) {
      missing.push(describeMissing(option));
    } else {
      values[option.name] = answer;
    }
  }
  return missing.length > 0 ? fail(missing) : succeed(withFallbacks(options, values));
}

function withFallbacks(options: readonly ProviderOption[], values: Values): Values {
  const fallbacks = options.flatMap(({ name, fallback }) => (fallback === undefined ? [] : [[name, fallback]]));
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...fallbacks, ...given]);
}

async function askFor(option: ProviderOption, ask: Ask): Promise<string | undefined> {
  for (let hint = ""; ; ) {
    const answer = await ask(`${hint}${option.name} (${option.description}): `);
    if (answer === undefined) {
      return undefined;
    }
    const checked = checkValue(option, answer.trim());
    if (checked.ok) {
      return answer.trim();
    }
    hint = `${checked.failure}\n`;
  }
}

function checkValue({ name, choices, check }: ProviderOption, value: string): Result<undefined, string> {
  if (choices !== undefined && !choices.includes(value)) {
    const known = didYouMean(value, choices) || ` It must be one of ${choices.join(", ")}.`;
    return fail(`--${name} ${quoteText(value)} is not known.${known}`);
  }
  const checked = check?.(value) ?? succeed(undefined);
  return checked.ok ? checked : fail(`--${name} ${quoteText(value)} ${checked.failure}.`);
}

function describeMissing({ name, value = "value", description, instead }: ProviderOption): string {
  return `--${name} <${value}> is missing: ${description}${instead === undefined ? "" : ` (${instead})`}.`;
}
