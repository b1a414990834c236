import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** The built modules of one clone of the project. With two clones, one run can measure two versions. */
export interface Subject {
  readonly directory: string;
  readonly query: typeof import("../../../plugin/core/text/query.ts");
  readonly cookies: typeof import("../../../plugin/core/text/cookies.ts");
  readonly path: typeof import("../../../plugin/core/request/request-path.ts");
  readonly dots: typeof import("../../../plugin/core/request/dot-segments.ts");
  readonly match: typeof import("../../../plugin/core/request/match-rule.ts");
  readonly extract: typeof import("../../../plugin/core/token/extract-token.ts");
  readonly origin: typeof import("../../../plugin/core/request/origin.ts");
  readonly base64url: typeof import("../../../plugin/core/text/base64url.ts");
  readonly decode: typeof import("../../../plugin/core/token/decode-token.ts");
  readonly json: typeof import("../../../plugin/core/json/json.ts");
  readonly templates: typeof import("../../../plugin/core/model/issuer-template.ts");
  readonly condition: typeof import("../../../plugin/core/access/condition.ts");
  readonly propagate: typeof import("../../../plugin/core/upstream/map-claims.ts");
  readonly decision: typeof import("../../../plugin/core/model/decision.ts");
  readonly reply: typeof import("../../../plugin/core/answer/reply.ts");
  readonly facts: typeof import("../../../plugin/kong/facts/facts-variable.ts");
  readonly form: typeof import("../../../plugin/kong/calls/negotiate-form.ts");
  readonly exit: typeof import("../../../plugin/kong/calls/create-exit.ts");
  readonly log: typeof import("../../../plugin/observe/decision-log.ts");
  readonly frames: typeof import("../../../plugin/server/protocol/frames.ts");
  readonly messages: typeof import("../../../plugin/server/protocol/messages.ts");
  readonly policy: typeof import("../../../plugin/policy/read-policy.ts");
}

/** Modules are found by file name, because two builds may have a module in different folders. */
const MODULES: Readonly<Record<Exclude<keyof Subject, "directory">, string>> = {
  query: "query",
  cookies: "cookies",
  path: "request-path",
  dots: "dot-segments",
  match: "match-rule",
  extract: "extract-token",
  origin: "origin",
  base64url: "base64url",
  decode: "decode-token",
  json: "json",
  templates: "issuer-template",
  condition: "condition",
  propagate: "map-claims",
  decision: "decision",
  reply: "reply",
  facts: "facts-variable",
  form: "negotiate-form",
  exit: "create-exit",
  log: "decision-log",
  frames: "frames",
  messages: "messages",
  policy: "read-policy",
};

/** @param directory a clone whose `dist` is built. */
export async function loadSubject(directory: string): Promise<Subject> {
  const built = join(resolve(directory), "dist/plugin");
  const files = readdirSync(built, { recursive: true, encoding: "utf8" });
  const loaded = await Promise.all(
    Object.entries(MODULES).map(async ([name, file]) => {
      const path = files.find((candidate) => basename(candidate) === `${file}.js`);
      if (path === undefined) {
        throw new Error(`${built} has no ${file}.js; build that clone first`);
      }
      const module = await import(pathToFileURL(join(built, path)).href);
      return [name, module] as const;
    }),
  );
  return { directory: resolve(directory), ...Object.fromEntries(loaded) } as unknown as Subject;
}
