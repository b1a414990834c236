import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { quoteText } from "../../plugin/core/text/printable.ts";
import type { DocumentPath, Finding } from "../../plugin/policy/language/finding.ts";
import { extendRecipe, type Members, plainRecipe, type TokenRecipe } from "../tokens/recipe.ts";
import { TAMPERINGS } from "../tokens/tamper.ts";
import { looksLikeTime, readTime, TIME_CLAIMS } from "../tokens/times.ts";
import { unknownName } from "./names.ts";

/** A recipe in the form that the schema accepts. */
interface RecipeSource {
  readonly extends?: string;
  readonly issuer?: string;
  readonly algorithm?: string;
  readonly claims?: Members;
  readonly without?: readonly string[];
  readonly header?: Members;
  readonly tamper?: string | readonly string[];
  readonly text?: string;
}

/** The name for a request without a token. */
const NO_TOKEN = "none";
/** `sub` of a recipe without a name. */
const NAMELESS = "someone";
const MAX_EXTENDS = 10;

/** The recipes of a document, by name. Records which recipes are used. */
export class TokenRecipes {
  readonly #sources: Readonly<Record<string, RecipeSource>>;
  readonly #issuers: readonly CompiledIssuer[];
  readonly #findings: Finding[];
  readonly #resolved = new Map<string, TokenRecipe>();
  readonly #used = new Set<string>();

  constructor(sources: Readonly<Record<string, RecipeSource>>, policy: CompiledPolicy, findings: Finding[]) {
    this.#sources = sources;
    this.#issuers = listIssuers(policy);
    this.#findings = findings;
    for (const name of Object.keys(sources)) {
      const path = ["tokens", name];
      if (name === NO_TOKEN) {
        const message = '"none" means that the request has no token: give this recipe another name.';
        findings.push({ code: "test_invalid", path, atKey: true, message });
      }
      this.#resolved.set(name, this.#read(name, sources[name] ?? {}, path));
    }
  }

  /** @param token a string for the name of a token, an object for a recipe, or undefined for no token. */
  find(token: unknown, path: DocumentPath): TokenRecipe | undefined {
    if (token === undefined || token === NO_TOKEN) {
      return undefined;
    }
    if (typeof token !== "string") {
      return this.#read(NAMELESS, token as RecipeSource, path);
    }
    const recipe = this.#resolved.get(token);
    if (!recipe) {
      this.#findings.push(unknownName("token_unknown", "The token", token, this.#names(), path));
    }
    this.#used.add(token);
    return recipe;
  }

  /** Reports recipes that no test uses and no other recipe extends. */
  reportUnused(): void {
    for (const name of Object.keys(this.#sources)) {
      if (!this.#used.has(name)) {
        const message = `No test uses the token ${quoteText(name)}: use the token in a test, or remove the token.`;
        this.#findings.push({ code: "unused", path: ["tokens", name], atKey: true, message });
      }
    }
  }

  #names(): readonly string[] {
    return [...Object.keys(this.#sources), NO_TOKEN];
  }

  #read(name: string, source: RecipeSource, path: DocumentPath): TokenRecipe {
    const chain = this.#collect(name, source, path);
    const [first = source, ...others] = chain.toReversed();
    const recipe = others.reduce((base, own) => extendRecipe(base, readOwn(name, own)), {
      ...plainRecipe(name),
      ...readOwn(name, first),
    });
    this.#checkIssuer(recipe, path);
    this.#checkTampering(recipe, path);
    this.#checkText(source, path);
    this.#checkTimes(source.claims ?? {}, [...path, "claims"]);
    return { ...recipe, name: chain.length > 1 ? baseName(chain, name) : name };
  }

  /** The recipe and the recipes that it extends, in the order of the chain. */
  #collect(name: string, source: RecipeSource, path: DocumentPath): readonly RecipeSource[] {
    const chain = [source];
    const seen = new Set(this.#sources[name] === source ? [name] : []);
    let base = source.extends;
    while (base !== undefined) {
      this.#used.add(base);
      const next = this.#sources[base];
      if (!next) {
        this.#findings.push(unknownName("token_unknown", "The token", base, this.#names(), [...path, "extends"]));
        break;
      }
      if (seen.has(base) || chain.length > MAX_EXTENDS) {
        const message = `The chain of "extends" ${[...seen, base].join(" → ")} is a circle, or longer than ${MAX_EXTENDS} recipes.`;
        this.#findings.push({ code: "test_invalid", path: [...path, "extends"], message });
        break;
      }
      seen.add(base);
      chain.push(next);
      base = next.extends;
    }
    return chain;
  }

  #checkIssuer({ issuer, text }: TokenRecipe, path: DocumentPath): void {
    const known = this.#issuers.map(({ id }) => id);
    if (issuer !== undefined && !known.includes(issuer)) {
      this.#findings.push(unknownName("issuer_unknown", "The issuer", issuer, known, [...path, "issuer"]));
    } else if (issuer === undefined && text === undefined && known.length > 1) {
      const message = `The policy has several issuers: write "issuer" and one of ${known.join(", ")}.`;
      this.#findings.push({ code: "missing_key", path, message });
    }
  }

  #checkTampering({ tamper, issuer }: TokenRecipe, path: DocumentPath): void {
    const place = [...path, "tamper"];
    const compiled = this.#issuers.find(({ id }) => issuer === undefined || id === issuer);
    for (const name of tamper) {
      const tampering = TAMPERINGS[name];
      const refused = compiled && tampering?.refuse?.(compiled);
      if (!tampering) {
        this.#findings.push(unknownName("invalid_value", "The tampering", name, Object.keys(TAMPERINGS), place));
      } else if (refused !== undefined) {
        this.#findings.push({
          code: "invalid_value",
          path: place,
          message: `The tampering ${name} is not possible: ${refused}.`,
        });
      }
    }
  }

  #checkText({ text, ...others }: RecipeSource, path: DocumentPath): void {
    const [other] = Object.keys(others);
    if (text !== undefined && other !== undefined) {
      const message = `"text" is sent in place of a token: remove "${other}".`;
      this.#findings.push({ code: "test_invalid", path: [...path, other], atKey: true, message });
    }
  }

  #checkTimes(claims: Members, path: DocumentPath): void {
    for (const name of TIME_CLAIMS) {
      const value = claims[name];
      if (typeof value === "string" && readTime(value, 0) === undefined && looksLikeTime(value)) {
        const message = `${quoteText(value)} is not a time: write +5m, -10s, now or 2026-01-01T00:00:00Z.`;
        this.#findings.push({ code: "invalid_value", path: [...path, name], message });
      }
    }
  }
}

/** If a recipe extends another recipe, it still makes a token for the same user. */
function baseName(chain: readonly RecipeSource[], name: string): string {
  return chain.at(-2)?.extends ?? name;
}

function readOwn(name: string, source: RecipeSource): Partial<TokenRecipe> & { readonly name: string } {
  const { issuer, algorithm, claims, without, header, tamper, text } = source;
  return {
    name,
    ...(issuer !== undefined && { issuer }),
    ...(algorithm !== undefined && { algorithm }),
    ...(claims !== undefined && { claims }),
    ...(without !== undefined && { without }),
    ...(header !== undefined && { header }),
    ...(tamper !== undefined && { tamper: [tamper].flat() }),
    ...(text !== undefined && { text }),
  };
}
