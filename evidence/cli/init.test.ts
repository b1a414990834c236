/** Runs the real commands on what `init` writes. Needs a build, which `npm test` makes. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCli } from "../../test/cli/run-cli.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";

const home = temporaryFolder();

let folders = 0;
function newFolder(): string {
  folders += 1;
  return join(home, String(folders));
}

const KEYCLOAK = "keycloak --issuer https://sso.example.com/realms/shop --audience orders-api";
const ENTRA = "entra --tenant 72f988bf-86f1-41af-91ab-2d7cd011db47 --client-id 6e74172b-be56-4843-9ff4-e66a39bb12e3";
const AUTH0 = "auth0 --domain acme.eu.auth0.com --audience https://api.example.com/orders";
const OKTA = "okta --domain acme.okta.com";
const COGNITO = "cognito --user-pool-id eu-central-1_Example1 --client-id 1example23456789";
const GOOGLE = "google --client-id 1234567890-abc.apps.googleusercontent.com";
const OIDC = "oidc --issuer https://idp.example.com/ --audience https://api.example.com/orders";

/** Each provider with each sensible combination of its options. */
const COMBINATIONS: readonly string[] = [
  KEYCLOAK,
  `${KEYCLOAK} --role merchant`,
  `${KEYCLOAK} --read orders --write orders-admin --role merchant --ci gitlab`,
  "keycloak --url https://sso.example.com/auth/ --realm shop --audience https://api.example.com/~orders --role merchant",
  "keycloak --issuer http://localhost:8080/realms/shop --audience account",
  ENTRA,
  `${ENTRA} --applications`,
  `${ENTRA} --token-version v1`,
  `${ENTRA} --token-version v1 --app-id-uri https://acme.example/orders --applications --ci gitlab`,
  `${ENTRA} --read access_as_user --write Orders.ReadWrite --applications`,
  AUTH0,
  `${AUTH0} --token-dialect access_token_authz`,
  `${AUTH0} --token-dialect rfc9068_profile --ci gitlab`,
  `${AUTH0} --token-dialect rfc9068_profile_authz`,
  OKTA,
  `${OKTA} --authorization-server aus1a2b3c4d --audience api://orders --group Merchants`,
  `${OKTA} --group Everyone --ci gitlab`,
  COGNITO,
  `${COGNITO} --region eu-central-1 --group merchants`,
  `${COGNITO} --read https://api.example.com/read --write https://api.example.com/write --ci gitlab`,
  `${GOOGLE} --hosted-domain example.com`,
  `${GOOGLE} --any-account --ci gitlab`,
  OIDC,
  `${OIDC} --role admin`,
  `${OIDC} --token-type JWT`,
  `${OIDC} --token-type JWT --scope-claim scp --role admin --role-claim /realm_access/roles --ci gitlab`,
  `${OIDC} --token-type any --access-token-claim gty --scope-claim /auth/scopes --role admin --role-claim /auth/roles`,
  `${OIDC} --read openid --write email`,
  `${KEYCLOAK} --path /api/v1/orders --upstream https://orders.internal/base --ci none`,
];

/** Names that YAML readers may read as another type, or that look strange in files, rules and hosts. */
const NAMES = ["on", "123", "1e3", "0x1F", "null", "2026-01-01", "A", "my_orders-2", "x".repeat(63)];

describe("what init writes", { timeout: 60_000 }, () => {
  it.each([
    ...COMBINATIONS.map((args) => `${args} --name orders`),
    ...NAMES.map((name) => `${KEYCLOAK} --name ${name}`),
  ])("passes all checks at once, with full coverage and no surviving mutant: %s", (args) => {
    const dir = newFolder();
    expect(runCli(["init", ...args.split(" "), "--dir", dir])).toMatchObject({ status: 0, stderr: "" });
    const name = /--name (\S+)/.exec(args)?.[1] ?? "";
    const [policies, policy] = [join(dir, "policies"), join(dir, `policies/${name}.yaml`)];
    const tests = join(dir, `policies/${name}.test.yaml`);
    expect(runCli(["validate", policy, tests])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/\n2 files, no mistakes\n$/),
    });
    expect(runCli(["lint", dir])).toMatchObject({ status: 0, stdout: expect.stringMatching(/ 0 findings/) });
    const measured = runCli(["test", policies, "--coverage", "--mutate", "--min", "100"]);
    expect(measured.stdout).toMatch(/ 0 failed\ncoverage in .*: 100 % .*\nmutation score of .*: 100 % .*\n$/);
    expect(measured.status).toBe(0);
    const checked = runCli([
      "check",
      policies,
      "--kong",
      join(dir, "kong.yml"),
      "--policy-root",
      policies,
      "--min=100",
    ]);
    expect(checked).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/kong\.yml {2}passed {6}1 file, no mistakes\n(?:.*\n)*check passed\n$/),
    });
  });
});
