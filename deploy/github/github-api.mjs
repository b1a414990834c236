// Two calls of GitHub's REST API. Each function returns undefined, or the reason why the call failed. Node's own fetch
// is enough, and your own runners may lack `gh`.
import { gzipSync } from "node:zlib";

const PAGE = 100;
const MOST_PAGES = 30;
const TIMEOUT_MS = 30_000;

/**
 * Writes the comment, or changes the comment of an earlier run. The script never changes comments of people, even if
 * they begin with the same line.
 */
export async function writeComment(access, number, marker, body) {
  const own = await findComment(access, number, marker);
  if (own.problem) {
    return own.problem;
  }
  const path = own.id === undefined ? `issues/${number}/comments` : `issues/comments/${own.id}`;
  return (await call(access, own.id === undefined ? "POST" : "PATCH", path, { body })).problem;
}

async function findComment(access, number, marker) {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { data, problem } = await call(access, "GET", `issues/${number}/comments?per_page=${PAGE}&page=${page}`);
    if (problem) {
      return { problem };
    }
    const own = data.find(({ user, body }) => user?.type === "Bot" && body?.startsWith(marker));
    if (own || data.length < PAGE) {
      return { id: own?.id };
    }
  }
  return { id: undefined };
}

/** Gives a report to code scanning. */
export async function uploadSarif(access, { commit, ref }, sarif) {
  const body = { commit_sha: commit, ref, sarif: gzipSync(sarif).toString("base64"), tool_name: "kong-jwt-policy" };
  return (await call(access, "POST", "code-scanning/sarifs", body)).problem;
}

async function call({ api, token, repository }, method, path, body) {
  try {
    const response = await fetch(`${api}/repos/${repository}/${path}`, {
      method,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "user-agent": "kong-jwt-policy",
        "x-github-api-version": "2022-11-28",
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return response.ok ? { data: await response.json() } : { problem: explain(response.status, method, path) };
  } catch (error) {
    return { problem: `GitHub did not answer: ${error.message}` };
  }
}

function explain(status, method, path) {
  const right = path.startsWith("code-scanning") ? "security-events: write" : "pull-requests: write";
  const said = `GitHub answered ${status} to ${method} ${path.split("?")[0]}`;
  return status === 403 || status === 404
    ? `${said}. The job needs "${right}" among its permissions. The token of a pull request from a fork can only read; then the summary of the job has the comment`
    : said;
}
