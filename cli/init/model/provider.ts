import type { Reason } from "../../../plugin/core/model/denial.ts";
import type { Result } from "../../../plugin/core/model/result.ts";

/** Maps the name of an option, such as `client-id`, to its value. A switch that is on has an empty value. */
export type Values = Readonly<Record<string, string | undefined>>;

/** Says what is wrong with a value. The text is the end of a sentence: `must be …`. */
export type Check = (value: string) => Result<undefined, string>;

/** An option of `init` for one provider. The option uses the provider's own terms. */
export interface ProviderOption {
  /** The name of the option without dashes. */
  readonly name: string;
  /** The placeholder for the value in the help, such as `url`. The placeholder is undefined for a switch. */
  readonly value?: string;
  readonly description: string;
  readonly fallback?: string;
  readonly choices?: readonly string[];
  readonly check?: Check;
  /**
   * Whether `init` needs a value for this option. This may depend on the values of other options. If a needed value is
   * missing, `init` asks the user for it, or reports that it is missing.
   */
  readonly isNeeded?: (values: Values) => boolean;
  /** The options that the user can give instead of this option, as messages show them. */
  readonly instead?: string;
}

/** A provider, and the form of its tokens for an API. `init` makes all its files from this data. */
export interface Provider {
  /** The provider's name on the command line, and the issuer's id in the policy. */
  readonly id: string;
  readonly title: string;
  readonly options: readonly ProviderOption[];
  /** The options of an example command. */
  readonly example: string;
  /**
   * The scopes that `init` uses for an API with this name, if the user names no scopes. The function is undefined if
   * the provider's tokens have no scopes.
   */
  readonly usualScopes?: (name: string) => ReadAndWrite;
  readonly describe: (values: Values, scopes: ReadAndWrite) => Result<TokenShape, string>;
}

/** The scope that readers need, and the scope that writers need. */
export interface ReadAndWrite {
  readonly read: string;
  readonly write: string;
}

/** A value, and a comment that says where the value comes from. */
interface Noted<T> {
  readonly is: T;
  readonly note: string;
}

/** The form of the accepted tokens of an issuer, and what they permit. */
export interface TokenShape {
  readonly issuer: string;
  readonly audience: Noted<string>;
  readonly tokenType: Noted<"at+jwt" | "JWT" | "any">;
  /** The conditions on claims that every accepted token must satisfy. */
  readonly conditions: readonly ClaimCondition[];
  /**
   * The claims in which the issuer puts audience, scopes, roles and groups. Needed only for claims that differ from RFC
   * 9068.
   */
  readonly places: Readonly<Record<string, Noted<string | readonly string[]>>>;
  /** The claim that tells the upstream who the caller is. */
  readonly subject: string;
  readonly subjectNote?: string;
  readonly permissions: Permissions;
  /** The claims that test tokens have besides registered claims and permissions. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Tokens of the same issuer that the policy must refuse. */
  readonly otherTokens: readonly OtherToken[];
  /** Rules of `lint` that the provider's policy cannot follow, each with the reason. */
  readonly exceptions: Readonly<Record<string, string>>;
  /** The steps that the user must take at the provider, so that the provider's tokens have this form. */
  readonly setup: readonly string[];
}

interface ClaimCondition {
  readonly claim: string;
  readonly equals?: string;
  readonly note?: string;
  /** For a test that expects a refusal: the test's name, and the wrong value of the claim. */
  readonly wrong?: { readonly name: string; readonly value: string };
  /** The name of the test with a token that lacks the claim. */
  readonly absent: string;
}

/** The parts of a token recipe that differ from the recipe of an accepted token. */
export interface RecipePart {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly without?: readonly string[];
  readonly header?: Readonly<Record<string, unknown>>;
  /** The text that the test sends instead of a token. */
  readonly text?: string;
}

interface OtherToken {
  /** The name of the token's recipe. */
  readonly id: string;
  /** The name of the test that uses this token. */
  readonly name: string;
  readonly recipe: RecipePart;
  readonly expect: Reason;
}

/** The permissions that readers and writers of the API need. */
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

/** The role or group that writers need in addition to the scope. */
export interface Membership {
  readonly kind: "role" | "group";
  readonly name: string;
  /** Each claim in which a token may have the role or group. */
  readonly ways: readonly { readonly id: string; readonly claims: Readonly<Record<string, unknown>> }[];
}

/** Applications that call the API without a user. The tokens of these applications have roles instead of scopes. */
export interface Applications {
  readonly read: string;
  readonly write: string;
  /** The claim by which the policy distinguishes tokens of applications from tokens of users. */
  readonly mark: { readonly claim: string; readonly equals: string; readonly ofUser: string };
  /** The claims of an application's token with these roles. */
  readonly grant: (roles: readonly string[]) => Readonly<Record<string, unknown>>;
}
