import { fail, type Result } from "../../../plugin/core/model/result.ts";
import { checkScope } from "./check-value.ts";
import type { Provider, ProviderOption, ReadAndWrite, TokenShape, Values } from "./provider.ts";

/** The options of `init` for the scopes of readers and writers. A provider may call scopes by another name. */
export function scopeOptions(what: string, example: ReadAndWrite): readonly ProviderOption[] {
  return [
    {
      name: "read",
      value: what,
      description: `the ${what} that readers need (default: such as ${example.read} for the name orders)`,
      check: checkScope,
    },
    {
      name: "write",
      value: what,
      description: `the ${what} that writers need (default: such as ${example.write})`,
      check: checkScope,
    },
  ];
}

/** Describes the provider's tokens. The scopes are those that the user names, or else the provider's usual scopes. */
export function describeTokens({ usualScopes, describe }: Provider, values: Values): Result<TokenShape, string> {
  const usual = usualScopes?.(values.name ?? "") ?? { read: "", write: "" };
  const { read = usual.read, write = usual.write } = values;
  return usualScopes && read === write ? fail("--read and --write must differ") : describe(values, { read, write });
}

/** Writes scopes as one string with spaces between them, as in RFC 6749 section 3.3. */
export function joinScopes(scopes: readonly string[]): string {
  return scopes.join(" ");
}
