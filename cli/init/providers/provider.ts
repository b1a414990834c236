import type { Reason } from "../../../plugin/core/model/denial.ts";
import type { Result } from "../../../plugin/core/model/result.ts";

/** Values of options by name, such as `client-id`. A switch that is on has an empty value. */
export type Values = Readonly<Record<string, string | undefined>>;

/** Says what is wrong with a value, as the end of a sentence: `must be …`. */
export type Check = (value: string) => Result<undefined, string>;

/** An option of `init`, in the words of the provider. */
export interface ProviderOption {
  /** Without dashes. */
  readonly name: string;
  /** The placeholder for the value in the help, such as `url`. Undefined for a switch. */
  readonly value?: string;
  readonly description: string;
  readonly fallback?: string;
  readonly choices?: readonly string[];
  readonly check?: Check;
  /**
   * Whether `init` needs a value for this option. This may depend on other values. `init` asks for a needed value, or
   * reports that the value is missing.
   */
  readonly isNeeded?: (values: Values) => boolean;
  /** Other options that the user can give instead of this one. Used in messages. */
  readonly instead?: string;
}

/** A provider, and what its tokens for an API look like. `init` makes all its files from this data. */
export interface Provider {
  /** The name on the command line, and the issuer's id in the policy. */
  readonly id: string;
  readonly title: string;
  readonly options: readonly ProviderOption[];
  /** The options of an example. */
  readonly example: string;
  /** The scopes that `init` uses for an API of this name, if the user names none. Undefined if the tokens have no scopes. */
  readonly usualScopes?: (name: string) => ReadAndWrite;
  readonly describe: (values: Values, scopes: ReadAndWrite) => Result<TokenShape, string>;
}

/** The scopes of readers and writers. */
export interface ReadAndWrite {
  readonly read: string;
  readonly write: string;
}

/** A value, with a comment that says where it comes from. */
interface Noted<T> {
  readonly is: T;
  readonly note: string;
}

/** What the accepted tokens of an issuer look like, and what they permit. */
export interface TokenShape {
  readonly issuer: string;
  readonly audience: Noted<string>;
  readonly tokenType: Noted<"at+jwt" | "JWT" | "any">;
  /** Claims that every accepted token must have. */
  readonly conditions: readonly ClaimCondition[];
  /** The claims in which the issuer puts audience, scopes, roles and groups, if they are not the claims of RFC 9068. */
  readonly places: Readonly<Record<string, Noted<string | readonly string[]>>>;
  /** The claim that names the caller for the upstream. */
  readonly subject: string;
  readonly subjectNote?: string;
  readonly permissions: Permissions;
  /** The claims of test tokens besides registered claims and permissions. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Tokens of the same issuer that must not pass. */
  readonly otherTokens: readonly OtherToken[];
  /** Rules of `lint` that this policy cannot follow, each with the reason. */
  readonly exceptions: Readonly<Record<string, string>>;
  /** What the user must set up at the provider, so that its tokens look like this. */
  readonly setup: readonly string[];
}

interface ClaimCondition {
  readonly claim: string;
  readonly equals?: string;
  readonly note?: string;
  /** A token with another value of the claim, for a test. */
  readonly wrong?: { readonly name: string; readonly value: string };
  /** Names the test of a token without the claim. */
  readonly absent: string;
}

/** The parts of a token recipe that differ from the recipe of an accepted token. */
export interface RecipePart {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly without?: readonly string[];
  readonly header?: Readonly<Record<string, unknown>>;
  /** Used instead of a token. */
  readonly text?: string;
}

interface OtherToken {
  /** The name of the recipe. */
  readonly id: string;
  /** Names the test. */
  readonly name: string;
  readonly recipe: RecipePart;
  readonly expect: Reason;
}

/** What readers and writers of the API need. */
export type Permissions =
  /** Every accepted token permits everything. */
  | { readonly by: "token" }
  | {
      readonly by: "scopes";
      readonly read: string;
      readonly write: string;
      /** The claims of a token with these scopes. */
      readonly grant: (scopes: readonly string[]) => Readonly<Record<string, unknown>>;
      readonly member?: Membership;
      readonly applications?: Applications;
    };

/** A role or group that writers need, besides the scope. */
export interface Membership {
  readonly kind: "role" | "group";
  readonly name: string;
  /** Each claim in which a token may have it. */
  readonly ways: readonly { readonly id: string; readonly claims: Readonly<Record<string, unknown>> }[];
}

/** Applications that act without a user. Their tokens have roles instead of scopes. */
export interface Applications {
  readonly read: string;
  readonly write: string;
  /** Distinguishes tokens of applications from tokens of users. */
  readonly mark: { readonly claim: string; readonly equals: string; readonly ofUser: string };
  /** The claims of an application's token with these roles. */
  readonly grant: (roles: readonly string[]) => Readonly<Record<string, unknown>>;
}
