import { createHmac, randomBytes } from "node:crypto";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import type { TokenRecipe } from "./recipe.ts";
import { type PublicJwk, type SigningKey, SigningKeys } from "./signing-keys.ts";
import { TAMPERINGS } from "./tamper.ts";
import { type Draft, writeDraft } from "./write-draft.ts";

/**
 * `real`: every token is signed. `assumed`: tokens get a mark in place of a signature. The key source of the same run
 * accepts the mark as a valid signature. With `assumed`, a token gets a signature only if the tampering concerns the
 * signature.
 */
export type Signing = "real" | "assumed";

const MARK_BYTES = 64;

/** Makes tokens from recipes, with the throw-away keys of one run. The same recipe gives the same token. */
export class TokenMaker {
  readonly keys = new SigningKeys();
  /** The mark that replaces the signature. Only this run knows the mark. Undefined if every token is signed. */
  readonly mark: Uint8Array | undefined;
  readonly #markText: string;
  readonly #nowSeconds: number;
  readonly #made = new Map<string, string>();
  /** Caches the last token. A test matrix often uses the same token for several tests in a row. */
  #last: { readonly recipe: TokenRecipe; readonly issuer: CompiledIssuer; readonly token: string } | undefined;
  #lastHeader = { text: "", encoded: "" };
  #signed = 0;

  constructor(nowSeconds: number, signing: Signing) {
    this.#nowSeconds = nowSeconds;
    this.mark = signing === "assumed" ? randomBytes(MARK_BYTES) : undefined;
    this.#markText = Buffer.from(this.mark ?? []).toString("base64url");
  }

  /** How many different tokens were signed. */
  get signed(): number {
    return this.#signed;
  }

  /**
   * Makes the token of a recipe. Returns undefined without a recipe. The failure says that the policy does not have the
   * recipe's issuer.
   */
  makeFor(recipe: TokenRecipe | undefined, policy: CompiledPolicy): Result<string | undefined, string> {
    if (!recipe) {
      return succeed(undefined);
    }
    const issuer = listIssuers(policy).find(({ id }) => recipe.issuer === undefined || id === recipe.issuer);
    return issuer || recipe.text !== undefined
      ? succeed(issuer ? this.make(recipe, issuer) : recipe.text)
      : fail(`The policy has no issuer "${recipe.issuer ?? ""}".`);
  }

  make(recipe: TokenRecipe, issuer: CompiledIssuer): string {
    if (recipe.text !== undefined) {
      return recipe.text;
    }
    if (this.#last?.recipe === recipe && this.#last.issuer === issuer) {
      return this.#last.token;
    }
    const token = this.#make(recipe, issuer);
    this.#last = { recipe, issuer, token };
    return token;
  }

  #make(recipe: TokenRecipe, issuer: CompiledIssuer): string {
    const draft = writeDraft(recipe, issuer, this.#nowSeconds);
    const tamperings = recipe.tamper.flatMap((name) => TAMPERINGS[name] ?? []);
    const stranger = (): PublicJwk => this.#strangerOf(draft).published?.jwk ?? {};
    for (const { before } of tamperings) {
      before?.(draft, stranger);
    }
    const header = this.#encodeHeader(draft.changeHeader(JSON.stringify(draft.header)));
    const payload = encode(draft.changePayload(JSON.stringify(draft.claims)));
    if (this.mark !== undefined && tamperings.length === 0) {
      // The issuer must publish the key even if the token is not signed, because the plugin looks up the key.
      this.keys.of(issuer.id, draft.algorithm);
      return `${header}.${payload}.${this.#markText}`;
    }
    const name = JSON.stringify([issuer.id, draft.algorithm, draft.signer, header, payload, recipe.tamper]);
    const known = this.#made.get(name);
    if (known !== undefined) {
      return known;
    }
    const isSigned = this.mark === undefined || tamperings.some(({ needsSignature }) => needsSignature);
    const signature = this.#sign(`${header}.${payload}`, draft, isSigned);
    let token = `${header}.${payload}.${signature}`;
    for (const { after } of tamperings) {
      token = after?.(splitToken(token)) ?? token;
    }
    this.#made.set(name, token);
    return token;
  }

  /** Caches the last header. Most tokens have the same header as the token before them. */
  #encodeHeader(text: string): string {
    if (this.#lastHeader.text !== text) {
      this.#lastHeader = { text, encoded: encode(text) };
    }
    return this.#lastHeader.encoded;
  }

  #sign(signingInput: string, draft: Draft, isSigned: boolean): string {
    // Even if the token is not signed, the issuer must publish the key, because the plugin looks up the key.
    const own = this.keys.of(draft.issuer.id, draft.algorithm);
    if (!isSigned && this.mark) {
      return this.#markText;
    }
    this.#signed += 1;
    const input = Buffer.from(signingInput, "latin1");
    switch (draft.signer) {
      case "issuer":
        return Buffer.from(own.sign(input)).toString("base64url");
      case "stranger":
        return Buffer.from(this.#strangerOf(draft).sign(input)).toString("base64url");
      case "public_key":
        return createHmac("sha256", own.published?.pem ?? "")
          .update(input)
          .digest("base64url");
    }
  }

  #strangerOf({ algorithm }: Draft): SigningKey {
    return this.keys.stranger(algorithm);
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function splitToken(token: string): { header: string; payload: string; signature: string } {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return { header, payload, signature };
}
