/** The guides and `init` agree. Needs a build, which `npm test` makes. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PROVIDERS } from "../../../cli/init/providers/registry.ts";
import { lintFiles } from "../../../cli/lint/lint-files.ts";
import { listPages, readPage } from "../../readme/pages.ts";
import { findBlocks } from "../../readme/transcripts.ts";
import { runCli } from "../run-cli.ts";

interface Issuer {
  readonly token_type: string;
  readonly required_claims?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

interface Policy {
  readonly name: string;
  readonly issuers: Readonly<Record<string, Issuer>>;
}

function findPolicies(page: string): readonly string[] {
  return findBlocks(readPage(page))
    .filter(({ language, text }) => language === "yaml" && /^jwt_policy:/m.test(text))
    .map(({ text }) => text);
}

/** The issuer of the policy that `init` writes. */
function initIssuer(args: string): Issuer {
  const { stdout } = runCli(["init", ...args.split(" "), "--name=o", "--ci=none", "--dry-run"]);
  const [, policy = ""] = /o\.yaml: would be written\n([\s\S]*?)\n# \S+o\.test\.yaml/.exec(stdout) ?? [];
  const [issuer] = Object.values((parse(policy) as Policy).issuers);
  if (!issuer) {
    throw new Error(`no policy: ${stdout}`);
  }
  return issuer;
}

const GUIDE = "docs/guides/providers.md";
const pageOf = (id: string): string => `docs/guides/providers/${id}.md`;
const ID = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const ENTRA = `entra --tenant ${ID} --client-id ${ID} --applications`;
const COGNITO = "cognito --user-pool-id eu-central-1_Example1 --client-id 1a --group g";
const KEYCLOAK = "keycloak --issuer https://sso.example.com/realms/a";

/** A guide, the id of the issuer in the guide, and the options with which `init` writes the same issuer. */
const ISSUERS: readonly (readonly [page: string, id: string, args: string])[] = [
  [GUIDE, "keycloak", `${KEYCLOAK} --audience payments-api --role r`],
  [GUIDE, "entra", ENTRA],
  [pageOf("auth0"), "auth0", "auth0 --domain a.auth0.com --audience a --token-dialect access_token_authz"],
  [pageOf("okta"), "okta", "okta --domain a.okta.com --group g"],
  [pageOf("google"), "google", "google --client-id 1-a.apps.googleusercontent.com --hosted-domain example.com"],
  [GUIDE, "cognito", COGNITO],
  [pageOf("keycloak"), "keycloak", `${KEYCLOAK} --audience shop-api --role r`],
  [pageOf("entra"), "v2", ENTRA],
  [pageOf("entra"), "v1", `${ENTRA} --token-version v1`],
  [pageOf("cognito"), "cognito", COGNITO],
];

describe("an issuer of a guide and the same issuer by init have the same type, conditions and places", () => {
  it.each(ISSUERS)("%s: %s", (page, id, args) => {
    const [guide] = findPolicies(page).flatMap((text) => (parse(text) as Policy).issuers[id] ?? []);
    const init = initIssuer(args);
    expect(guide).toBeDefined();
    expect(guide?.token_type).toBe(init.token_type);
    const { sub: _, oid: __, ...conditions } = init.required_claims ?? {}; // for the header x-user-id
    expect(guide?.required_claims ?? {}).toMatchObject(conditions);
    expect(guide?.claims ?? {}).toMatchObject(init.claims ?? {});
  });
});

describe("the guides of providers", () => {
  it("show policies in which lint finds nothing", async () => {
    const pages = [GUIDE, ...listPages("docs/guides/providers")];
    const policies = pages.flatMap(findPolicies).map((text) => ({ file: "-", text }));
    expect(policies.length).toBeGreaterThanOrEqual(9);
    expect((await lintFiles(policies, [], { policyRoot: undefined })).findings).toEqual([]);
  });

  it("mention the command init", () => {
    for (const page of [GUIDE, "docs/guides/first-policy.md", ...listPages("docs/guides/providers")]) {
      expect(readPage(page)).toMatch(/`(?:npx --no-install )?kong-jwt-policy init/);
    }
  });

  it("have a section or a page for each provider of init, and docs/guides/init.md names each of its options", () => {
    const page = readPage("docs/guides/init.md");
    for (const { id, options } of PROVIDERS) {
      const missing = options.filter(({ name }) => !new RegExp(`\`--${name}\\b`).test(page));
      expect([id, missing]).toEqual([id, []]);
      expect(page).toContain(`\n| \`${id}\``);
    }
    const named = PROVIDERS.filter(({ id }) => id !== "oidc");
    const headings = [GUIDE, ...listPages("docs/guides/providers")].map(readPage).join("\n");
    const isMissing = ({ title }: { title: string }): boolean => !new RegExp(`^##? ${title}$`, "m").test(headings);
    expect(named.filter(isMissing), "these providers need a page in docs/guides/providers").toEqual([]);
    const uncompared = named.filter(({ id }) => !ISSUERS.some(([, , args]) => args.startsWith(`${id} `)));
    expect(uncompared, "these providers need a row in ISSUERS").toEqual([]);
  });
});
