import { readFile } from "node:fs/promises";
import { explainToken } from "../../offline/explain/explain-token.ts";
import { OwnKeys } from "../../offline/explain/own-keys.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { nameInput, readInput } from "../files/read-input.ts";
import { type Form, formatExplanation } from "./format-explanation.ts";
import { type RequestOptions, readNow, readRequest } from "./read-request.ts";

/** The output of an explanation, and whether the request passes. */
export interface Explained {
  readonly text: string;
  readonly isAllowed: boolean;
}

export interface TokenOptions extends RequestOptions {
  /** The file with the token, or `-` for standard input. */
  readonly token: string;
  readonly jwks?: string;
}

const MAX_BYTES = 256 * 1024;

/** Explains what the policy decides about one request with a token. */
export async function explainOneToken(policy: CompiledPolicy, options: TokenOptions, form: Form): Promise<Explained> {
  const { jwks } = options;
  const request = readRequest(options, policy);
  const explanation = await explainToken({
    policy,
    request,
    token: await readToken(options.token),
    keys: new OwnKeys(jwks === undefined ? undefined : await readJson(jwks)),
    consumers: [],
    nowSeconds: readNow(options.now),
  });
  return { text: formatExplanation(explanation, form), isAllowed: explanation.verdict !== "deny" };
}

/** If the token were an argument, it would stay in the shell's history and in the list of processes. */
async function readToken(file: string): Promise<string> {
  if (/^(?:Bearer\s|eyJ)/i.test(file)) {
    throw new Error(
      "--token takes a file, or - for standard input: a token as an argument stays in the shell's history",
    );
  }
  const text = (await readInput(file)).trim();
  if (text === "" || text.length > MAX_BYTES) {
    throw new Error(`${nameInput(file)} has no token, or is too large`);
  }
  return text.replace(/^Bearer\s+/i, "");
}

export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file} is not JSON; --jwks takes a JSON Web Key Set`);
  }
}
