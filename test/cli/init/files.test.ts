/** Which files `init` writes, keeps and replaces, and which values it refuses. Needs a build, which `npm test` makes. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { collectValues } from "../../../cli/init/collect-values.ts";
import { KEYCLOAK } from "../../../cli/init/providers/keycloak.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { MAIN, runCli } from "../run-cli.ts";
import { createFolders } from "../write-files.ts";

const ROOT = join(import.meta.dirname, "../../..");
const home = temporaryFolder();

const SHOP = ["keycloak", "--issuer", "https://sso.example.com/realms/shop", "--audience", "orders-api"];
const WRITTEN = [".github/workflows/jwt-policies.yml", "kong.yml", "policies/orders.test.yaml", "policies/orders.yaml"];

const newFolder = createFolders(home);

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function init(folder: string, ...args: readonly string[]): ReturnType<typeof runCli> {
  return runCli(["init", ...SHOP, "--name", "orders", "--dir", folder, ...args]);
}

describe("the files of init", () => {
  it("are written into the directory, which it makes, and are named with the next three steps", () => {
    const folder = join(newFolder(), "new/place");
    const { stdout } = init(folder);
    expect(listFiles(folder)).toEqual(WRITTEN);
    for (const file of WRITTEN) {
      expect(stdout).toContain(`wrote    ${join(folder, file)}\n`);
    }
    expect(stdout).toMatch(
      /\n1\. .* test \S+policies --coverage --mutate\n2\. .* sandbox --stand-in keycloak --config \S+\/kong\.yml --policy-root \S+\/policies\n3\. Load it/,
    );
  });

  it("are kept if they have the same text, so that init can run again", () => {
    const folder = newFolder();
    init(folder);
    const { status, stdout } = init(folder);
    expect([status, stdout.match(/^kept /gm)?.length, stdout]).toEqual([0, 4, expect.not.stringContaining("wrote")]);
  });

  it("all stay unchanged if one of them has another text, and --force replaces them", () => {
    const folder = newFolder();
    init(folder);
    const tests = join(folder, "policies/orders.test.yaml");
    writeFileSync(tests, "mine\n");
    const refused = init(folder, "--role", "admin");
    expect(refused).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("Nothing was written") });
    expect(refused.stderr).toContain(`${join(folder, "policies/orders.yaml")}, ${tests}`);
    expect(readFileSync(join(folder, "policies/orders.yaml"), "utf8")).not.toContain("admin");
    expect(init(folder, "--role", "admin", "--force").stdout.match(/^replaced /gm)).toHaveLength(2);
    expect(readFileSync(tests, "utf8")).toContain("admin");
    expect(listFiles(folder)).toEqual(WRITTEN);
  });

  it("of a second API are written beside the files of the first, and the part for kong.yml is printed", () => {
    const folder = newFolder();
    init(folder);
    const kong = readFileSync(join(folder, "kong.yml"), "utf8");
    const { status, stdout } = runCli(["init", ...SHOP, "--name", "refunds", "--dir", folder]);
    expect(status).toBe(0);
    expect(readFileSync(join(folder, "kong.yml"), "utf8")).toBe(kong);
    const [, part = ""] = /below "services:":\n\n((?: {2}.*\n)+)/.exec(stdout) ?? [];
    writeFileSync(join(folder, "kong.yml"), kong + part);
    const policies = join(folder, "policies");
    const args = ["check", policies, "--kong", join(folder, "kong.yml"), "--policy-root", policies, "--min=100"];
    expect(runCli(args)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/kong\.yml {2}passed {6}1 file, no mistakes/),
    });
    expect(runCli(["lint", folder])).toMatchObject({ status: 0 });
    const again = runCli(["init", ...SHOP, "--name", "refunds", "--dir", folder]).stdout;
    expect(again).toContain("kong.yml, which already has this part");
  });

  it.each(["kong.yml", ".gitlab-ci.yml"])(
    "never replace %s, not even with --force, because it has other parts",
    (file) => {
      const folder = newFolder({ [file]: "mine: 1\n" });
      const { status, stdout } = init(folder, "--ci=gitlab", "--force");
      expect([status, readFileSync(join(folder, file), "utf8")]).toEqual([0, "mine: 1\n"]);
      expect(stdout).toContain(`Add to ${join(folder, file)},`);
    },
  );

  it("are only printed with --dry-run, also if other files exist with these names", () => {
    const folder = newFolder();
    const { status, stdout } = init(folder, "--dry-run");
    expect([status, listFiles(folder)]).toEqual([0, []]);
    for (const file of WRITTEN) {
      expect(stdout).toContain(`# ${join(folder, file)}: would be written\n`);
    }
    init(folder);
    expect(init(folder, "--role=admin", "--dry-run").stdout).toContain(
      "orders.yaml: would be replaced, only with --force\n",
    );
    expect(readFileSync(join(folder, "policies/orders.yaml"), "utf8")).not.toContain("admin");
  });

  it.each([
    ["a directory has the name of a file", () => newFolder(), (folder: string) => mkdirSync(join(folder, "kong.yml"))],
    ["a file has the name of a directory", () => newFolder({ policies: "" }), () => undefined],
  ])("are not written if %s, with exit code 2", (_what, make, prepare) => {
    const folder = make();
    prepare(folder);
    expect(init(folder)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/kong\.yml cannot be read|policies\/orders\.yaml cannot be read/),
    });
  });

  it("lead editors to the schemas of the package, also from a directory below", () => {
    const schemaOf = (dir: string): string | undefined =>
      /\$schema=(\S+)\/policy\.schema\.json/.exec(
        runCli(["init", ...SHOP, "--name=o", "--dir", dir, "--dry-run"]).stdout,
      )?.[1];
    expect([schemaOf("."), schemaOf("apis/one"), schemaOf(home)]).toEqual([
      "../node_modules/kong-jwt-policy/schema",
      "../../../node_modules/kong-jwt-policy/schema",
      "../node_modules/kong-jwt-policy/schema",
    ]);
  });

  it("say that CI reads them only in the root of the repository", () => {
    const folder = newFolder();
    mkdirSync(join(folder, ".git"));
    expect(init(join(folder, "api")).stdout).toContain("reads it only from the root of the repository");
    expect(init(folder).stdout).not.toContain("root of the repository");
  });
});

describe("the CI step", () => {
  /** Runs the commands of a CI step, as its shell would. */
  function runStep(folder: string, commands: readonly string[]): readonly (number | null)[] {
    return commands
      .filter((command) => command.startsWith("npx --no-install kong-jwt-policy "))
      .map((command) => {
        const args = command.split(" ").slice(3);
        return spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: "utf8" }).status;
      });
  }

  it("of GitHub passes, and uses the actions that our own workflows use", () => {
    const folder = newFolder();
    init(folder);
    const text = readFileSync(join(folder, ".github/workflows/jwt-policies.yml"), "utf8");
    const { jobs, permissions } = parse(text);
    const steps: readonly { run?: string }[] = jobs.check.steps;
    expect(
      runStep(
        folder,
        steps.flatMap(({ run = "" }) => run),
      ),
    ).toEqual([0, 0]);
    expect(permissions).toEqual({});
    const own = readFileSync(join(ROOT, ".github/workflows/ci.yml"), "utf8");
    const used = text.match(/uses: .*/g) ?? [];
    expect(used).toHaveLength(2);
    expect(used.filter((line) => !own.includes(line))).toEqual([]);
  });

  it("of GitLab passes", () => {
    const folder = newFolder();
    init(folder, "--ci=gitlab");
    const job = parse(readFileSync(join(folder, ".gitlab-ci.yml"), "utf8"))["jwt-policies"];
    expect(runStep(folder, job.script)).toEqual([0, 0]);
    expect(existsSync(join(folder, ".github"))).toBe(false);
  });
});

describe("values that init refuses", () => {
  const [keycloak, base] = ["keycloak", [...SHOP, "--name=orders"]];
  const ENTRA_ID = "72f988bf-86f1-41af-91ab-2d7cd011db47";
  const entra = ["entra", `--tenant=${ENTRA_ID}`, `--client-id=${ENTRA_ID}`, "--name=o"];
  const oidc = ["oidc", "--issuer=https://a.example", "--audience=a", "--name=o"];

  it.each<[what: string, args: readonly string[], message: RegExp]>([
    ["no provider", [], /needs a provider:\n {2}keycloak/],
    ["an unknown provider", ["keyclok"], /Did you mean "keycloak"\?/],
    ["an option before the provider", ["--name=a"], /needs a provider/],
    [
      "all that is missing, at once",
      [keycloak],
      /--issuer <url> is missing.*--url.*\n--audience .*\n--name .*\nFor example: /,
    ],
    ["a realm without a server", [keycloak, "--realm=a", "--audience=a", "--name=o"], /--url <url> is missing/],
    ["an issuer and a server", [...base, "--url=https://a.example"], /leave out --url and --realm/],
    ["an http issuer", [...base, "--issuer=http://sso.example.com/realms/a"], /must be an https URL/],
    ["an issuer with a query", [...base, "--issuer=https://sso.example.com/realms/a?b"], /without query/],
    ["an issuer with a user", [...base, "--issuer=https://a:secret@sso.example.com/realms/a"], /"https:\/\/…@sso/],
    [
      "an issuer with a line break",
      [...base, "--issuer=https://sso.example.com/realms/a\nb: c"],
      /must be an https URL/,
    ],
    [
      "the address of metadata",
      [...base, "--issuer=https://a.example/realms/a/.well-known/openid-configuration"],
      /leave out \/\.well-known/,
    ],
    ["a slash after the realm", [...base, "--issuer=https://sso.example.com/realms/a/"], /without a slash after it/],
    ["an issuer with a placeholder", [...oidc, "--issuer=https://a.example/{tenant}"], /must be an https URL/],
    ["a path as name", [...base, "--name=../orders"], /must be a file name/],
    ["a name of a file of tests", [...base, "--name=orders.test"], /must be a file name/],
    ["a device of Windows", [...base, "--name=NUL"], /is a device on Windows/],
    ["an empty audience", [...base, "--audience="], /must be a string of 1 to 255/],
    ["an audience with a hidden character", [...base, "--audience=a\u202eb"], /"a\\u\{202e\}b" must be a string/],
    ["an audience with a variable", [...base, `--audience=${"$"}{vars.a}`], /without \$\{/],
    ["an audience that lint would find", [...base, "--audience=https://*.example.com"], /- wildcard_literal: /],
    ["an audience with a comma", [...base, "--audience=a,b"], /- value_has_space: /],
    ["a role with a space", [...base, "--role=shop keeper"], /- value_has_space: "shop keeper"/],
    ["the issuer as audience", [...oidc, "--audience=https://a.example"], /- audience_is_issuer: /],
    ["a scope with a space", [...base, "--read=a b"], /must be one scope/],
    ["the same scope for readers and writers", [...base, "--read=a", "--write=a"], /must differ/],
    ["a path that is a regular expression", [...base, "--path=~/a"], /must be a path/],
    ["a path that Kong normalizes", [...base, "--path=/a/../b"], /must be a path/],
    ["an upstream with a query", [...base, "--upstream=http://a?b"], /must be an http or https URL/],
    ["a tenant of all", [...entra, "--tenant=common"], /must be the id of your tenant/],
    ["a name of a tenant", [...entra, "--tenant=acme.onmicrosoft.com"], /must be an id/],
    ["the URI of a v2 token", [...entra, "--app-id-uri=api://a"], /Add --token-version v1/],
    ["an unknown version", [...entra, "--token-version=2"], /must be one of|Did you mean "v2"/],
    ["a domain with https", ["auth0", "--domain=https://a.auth0.com/", "--audience=a", "--name=o"], /without https/],
    ["an Okta console", ["okta", "--domain=acme-admin.okta.com", "--name=o"], /without -admin/],
    [
      "another region",
      ["cognito", "--region=us-east-1", "--user-pool-id=eu-west-1_A", "--client-id=a", "--name=o"],
      /not the region of the user pool: eu-west-1/,
    ],
    [
      "all of Google, unless it is explicit",
      ["google", "--client-id=1-a.apps.googleusercontent.com", "--name=o"],
      /or --any-account/,
    ],
    ["a registered claim for scopes", [...oidc, "--scope-claim=aud"], /claim aud has another meaning/],
    [
      "a claim of clients for roles",
      [...oidc, "--role=a", "--role-claim=client_id"],
      /claim client_id has another meaning/,
    ],
    [
      "a claim that marks ID tokens too",
      [...oidc, "--token-type=JWT", "--access-token-claim=azp"],
      /claim azp has another/,
    ],
    ["a claim that JavaScript changes", [...oidc, "--scope-claim=__proto__"], /must be the name of a claim/],
    ["one claim for scopes and roles", [...oidc, "--role=a", "--role-claim=/scope"], /must be different claims/],
    [
      "a claim of scopes that marks access tokens",
      [...oidc, "--token-type=any", "--access-token-claim=scope"],
      /must be different claims/,
    ],
  ])("%s", (_what, args, message) => {
    const folder = newFolder();
    const { status, stdout, stderr } = runCli(["init", ...args, ...(args.length > 1 ? ["--dir", folder] : [])]);
    expect([status, stdout, listFiles(folder)]).toEqual([2, "", []]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/secret|\u202e/);
  });
});

describe("texts with a meaning in YAML", () => {
  it.each([
    ...["yes", "null", "123", "1e3", "2026-01-01", "{a}", "&a", "!a", "|", "'a'", '"a"', "\\n", "a#", "a:"],
    ...["a/~b", "$a", "用户"],
  ])("stay the text that they are: %s", (text) => {
    const folder = newFolder();
    const args = ["--audience", text, "--role", text, "--ci=none"];
    expect(runCli(["init", ...SHOP, "--name=o", "--dir", folder, ...args])).toMatchObject({ status: 0, stderr: "" });
    const { issuers, routes } = parse(readFileSync(join(folder, "policies/o.yaml"), "utf8"));
    expect([issuers.keycloak.audiences, routes["o-write"].required_roles]).toEqual([[text], [text]]);
    expect(runCli(["check", join(folder, "policies"), "--min=100"])).toMatchObject({ status: 0 });
  });
});

describe("questions", () => {
  const asked: string[] = [];
  const answering =
    (...answers: (string | undefined)[]) =>
    async (question: string): Promise<string | undefined> => {
      asked.push(question);
      return answers.shift();
    };

  it("are asked for missing values only, and again if the answer is wrong", async () => {
    const given = { issuer: "https://sso.example.com/realms/a" };
    const answer = await collectValues(KEYCLOAK.options, given, answering("", " orders-api "));
    expect(answer).toEqual({ ok: true, value: { ...given, audience: "orders-api" } });
    expect(asked).toEqual([
      expect.stringMatching(/^audience \(/),
      expect.stringMatching(/^--audience "" must be .*\naudience \(/),
    ]);
  });

  it("end with the input, and the missing values are named", async () => {
    expect(await collectValues(KEYCLOAK.options, {}, answering(undefined))).toEqual({
      ok: false,
      failure: [expect.stringContaining("--issuer"), expect.stringContaining("--audience")],
    });
  });

  it("are not asked if standard input is not a terminal: the process ends at once", () => {
    const { status, stderr } = runCli(["init", "keycloak"], {}, "https://sso.example.com/realms/a\n");
    expect([status, stderr]).toEqual([2, expect.stringContaining("--issuer <url> is missing")]);
  });
});
