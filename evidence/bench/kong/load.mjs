// Sends requests over 32 connections (BENCH_CONNECTIONS) for some time. It uses wrk if the machine has it, and
// autocannon otherwise.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import autocannon from "autocannon";

const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 32);

export const generator = spawnSync("wrk", ["--version"]).error ? "autocannon" : "wrk";

/**
 * @param tokens the tokens that the requests use in turn. If the list is empty, requests have no token.
 * @returns the number of requests, and how many a second.
 * @throws Error if an answer has another status.
 */
export function sendLoad({ url, tokens, seconds, status }) {
  return generator === "wrk"
    ? sendWithWrk({ url, tokens, seconds, status })
    : sendWithAutocannon({ url, tokens, seconds, status });
}

function sendWithWrk({ url, tokens, seconds, status }) {
  const directory = mkdtempSync(join(tmpdir(), "jwt-policy-wrk-"));
  try {
    writeFileSync(join(directory, "tokens"), tokens.join("\n"));
    writeFileSync(join(directory, "script.lua"), script(join(directory, "tokens"), status));
    const args = ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", join(directory, "script.lua"), url];
    const output = execFileSync("wrk", args, { encoding: "utf8" });
    const [, requests, wrong, errors, micros] = /RESULT (\d+) (\d+) (\d+) (\d+)/.exec(output)?.map(Number) ?? [];
    if (!(requests > 0) || wrong > 0 || errors > 0) {
      throw new Error(`${url}: expected ${status} only, got ${wrong} others and ${errors} errors\n${output}`);
    }
    return { requests, perSecond: (requests * 1e6) / micros };
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}

/** wrk runs `response` in the thread of wrk, so the code reads the counts through the thread's global variables. */
function script(tokenFile, status) {
  return `
local requests, next_request = {}, 0
wrong = 0
local threads = {}
function setup(thread) threads[#threads + 1] = thread end
function init()
  for token in io.lines(${JSON.stringify(tokenFile)}) do
    requests[#requests + 1] = wrk.format("GET", nil, { Authorization = "Bearer " .. token })
  end
  if #requests == 0 then requests[1] = wrk.format("GET") end
end
function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end
function response(status) if status ~= ${status} then wrong = wrong + 1 end end
function done(summary)
  local errors = summary.errors
  local others = 0
  for _, thread in ipairs(threads) do others = others + thread:get("wrong") end
  print(string.format("RESULT %d %d %d %d", summary.requests, others,
    errors.connect + errors.read + errors.write + errors.timeout, summary.duration))
end
`;
}

async function sendWithAutocannon({ url, tokens, seconds, status }) {
  let next = 0;
  const headersOf = () => {
    next += 1;
    return tokens.length === 0 ? {} : { authorization: `Bearer ${tokens[next % tokens.length]}` };
  };
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    setupClient: (client) => {
      client.on("response", () => client.setHeaders(headersOf()));
      client.setHeaders(headersOf());
    },
  });
  const wrong = Object.keys(result.statusCodeStats).filter((code) => code !== String(status));
  if (wrong.length > 0 || result.errors > 0) {
    throw new Error(`${url}: expected ${status} only, got ${wrong.join(", ")} and ${result.errors} errors`);
  }
  return { requests: result.requests.total, perSecond: result.requests.total / result.duration };
}
