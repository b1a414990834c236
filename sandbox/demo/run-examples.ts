import { request } from "undici";
import type { Echo } from "./echo-upstream.ts";
import { type Example, TOKENS, type TokenName, tamper } from "./examples.ts";
import type { IdentityProvider } from "./identity-provider.ts";

export interface ExampleResult {
  example: Example;
  status: number;
  /** The differences between the answer and the expectation. */
  differences: readonly string[];
}

/** Requests the tokens of all examples from the provider. */
export async function mintExampleTokens(
  provider: Pick<IdentityProvider, "mintToken">,
): Promise<Readonly<Record<TokenName, string>>> {
  const entries = await Promise.all(
    Object.entries(TOKENS).map(async ([name, wanted]) => [name, await provider.mintToken(wanted)] as const),
  );
  const tokens = Object.fromEntries(entries) as Record<keyof typeof TOKENS, string>;
  return { ...tokens, TAMPERED: tamper(tokens.READER) };
}

/**
 * Sends the request to the gateway. The function then compares the answer with the expected answer. It also compares
 * the request that reached the upstream.
 */
export async function runExample(
  url: string,
  example: Example,
  tokens: Readonly<Record<TokenName, string>>,
): Promise<ExampleResult> {
  const authorization = example.token === undefined ? {} : { authorization: `Bearer ${tokens[example.token]}` };
  const { statusCode, body } = await request(url + example.path, {
    method: example.method,
    headers: { ...example.headers, ...authorization },
  });
  const text = await body.text();
  const differences = statusCode === example.status ? [] : [`status ${statusCode} instead of ${example.status}`];
  if (statusCode === 200 && example.status === 200) {
    differences.push(...compareUpstream(example.upstream ?? {}, text));
  }
  return { example, status: statusCode, differences };
}

function compareUpstream(expected: Readonly<Record<string, string | null>>, text: string): string[] {
  const { headers } = JSON.parse(text) as Echo;
  return Object.entries(expected)
    .map(([name, value]) => ({ name, value, got: headers[name] ?? null }))
    .filter(({ value, got }) => value !== got)
    .map(({ name, value, got }) => `${name}: ${got ?? "(none)"} instead of ${value ?? "(none)"}`);
}
