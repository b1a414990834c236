import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { policyOf } from "../runtime/versions/policy-scene.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";
import { createFolders } from "./write-files.ts";

const BASE = `jwt_policy: 1
name: base
issuers:
  acme: { issuer: https://idp.example, audiences: [api] } # whom we trust
`;
const CHILD = `jwt_policy: 1
name: payments
extends: base.yaml
routes:
  read: { required_scopes: [things:read] }
`;

const write = createFolders(temporaryFolder());

it("flatten prints a file and the files that it extends as one document, with the SHA-256 of the policy in effect", async () => {
  const directory = write({ "base.yaml": BASE, "payments.yaml": CHILD });
  const { status, stdout, stderr } = runCli(["flatten", join(directory, "payments.yaml")]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`jwt_policy: 1
name: payments
issuers:
  acme:
    issuer: https://idp.example
    audiences:
      - api
routes:
  read:
    required_scopes:
      - things:read
`);
  const { hash } = policyOf(await loadPolicyFile(directory, "payments.yaml"));
  expect(createHash("sha256").update(stdout).digest("hex")).toBe(hash);
});

it("flatten prints a file without `extends` unchanged, including comments", () => {
  const directory = write({ "base.yaml": BASE });
  expect(runCli(["flatten", join(directory, "base.yaml")]).stdout).toBe(BASE);
});

it("flatten prints only the mistakes of a broken policy, and exits 1", () => {
  const directory = write({ "payments.yaml": CHILD });
  const { status, stdout, stderr } = runCli(["flatten", join(directory, "payments.yaml")]);
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/payments\.yaml:3:10 extends_refused base\.yaml itself is refused/);
});
