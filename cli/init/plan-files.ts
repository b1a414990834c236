import type { Result } from "../../plugin/core/model/result.ts";
import { fail, succeed } from "../../plugin/core/model/result.ts";
import { toPrintable } from "../../plugin/core/text/printable.ts";
import { STDIN } from "../files/list-files.ts";
import { lintFiles } from "../lint/lint-files.ts";
import type { PlannedFile } from "./place-files.ts";
import { writeGithub, writeGitlab } from "./write-ci.ts";
import { writeKong, writeService } from "./write-kong.ts";
import { type Api, writePolicy } from "./write-policy.ts";
import { writeTests } from "./write-tests.ts";
import { indent } from "./yaml-text.ts";

export type Ci = "github" | "gitlab" | "none";

/**
 * Plans all files that `init` writes for an API. If the policy would not pass the checks, the failure names the values
 * that are wrong.
 */
export async function planFiles(api: Api, ci: Ci): Promise<Result<readonly PlannedFile[], string>> {
  const policy = writePolicy(api);
  const { findings } = await lintFiles([{ file: STDIN, text: policy }], [], { policyRoot: undefined });
  if (findings.length > 0) {
    const messages = findings.map(({ code, message }) => `- ${code}: ${toPrintable(message)}`);
    return fail(`with these values, the policy would not pass its checks:\n${messages.join("\n")}`);
  }
  const kong: PlannedFile = {
    path: "kong.yml",
    text: writeKong(api),
    shared: {
      part: `${indent(writeService(api), 2).join("\n")}\n`,
      where: 'below "services:"',
      mark: new RegExp(`policy_file: ["']?${api.name}\\.yaml\\b`),
    },
  };
  return succeed([
    { path: `policies/${api.name}.yaml`, text: policy },
    { path: `policies/${api.name}.test.yaml`, text: writeTests(api) },
    kong,
    ...planCi(ci),
  ]);
}

function planCi(ci: Ci): readonly PlannedFile[] {
  switch (ci) {
    case "github":
      return [{ path: ".github/workflows/jwt-policies.yml", text: writeGithub() }];
    case "gitlab":
      return [
        {
          path: ".gitlab-ci.yml",
          text: writeGitlab(),
          shared: { part: writeGitlab(), where: "at the end", mark: /^jwt-policies:/m },
        },
      ];
    case "none":
      return [];
  }
}
