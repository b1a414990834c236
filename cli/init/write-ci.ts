/**
 * The steps of CI, for GitHub and for GitLab. The steps check all policies of the directory, so they are the same for each API.
 */
const COMMANDS = [
  "npx --no-install kong-jwt-policy check policies --kong kong.yml --min 100",
  "npx --no-install kong-jwt-policy test policies --mutate --min 100",
] as const;

const GITHUB_COMMANDS = COMMANDS.map((command) => `${command} --format github`);

/** Writes a workflow of GitHub. The workflow uses the same actions as our own workflows, and test/cli/init compares them. */
export function writeGithub(): string {
  return `# Checks the JWT policies: validate, lint, kong.yml, tests with coverage, then mutations.
# The version of kong-jwt-policy is the one in package-lock.json. Once main has policies, add to "check":
# --against git:origin/main, which reports the requests that only the new version lets pass (docs/guides/comparing-policies.md).
name: JWT policies

on:
  pull_request:
  push:
    branches: [main]

permissions: {}

concurrency:
  group: jwt-policies-\${{ github.ref }}
  cancel-in-progress: true

jobs:
  check:
    name: JWT policies
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
          fetch-depth: 0 # --against compares with the target branch of the pull request
      - uses: actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0
        with:
          node-version: "22"
          cache: npm
      - run: npm ci
${GITHUB_COMMANDS.map((command) => `      - run: ${command}\n`).join("")}`;
}

/** Writes the job for a .gitlab-ci.yml. */
export function writeGitlab(): string {
  return `# Checks the JWT policies: validate, lint, kong.yml, tests with coverage, then mutations.
# The version of kong-jwt-policy is the one in package-lock.json. Once the default branch has policies, add to "check":
# --against git:origin/main, which reports the requests that only the new version lets pass (docs/guides/comparing-policies.md).
jwt-policies:
  image: node:22
  variables:
    GIT_DEPTH: "0"
  script:
    - npm ci
${COMMANDS.map((command) => `    - ${command}\n`).join("")}`;
}
