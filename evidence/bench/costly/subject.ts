import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** The built modules of one clone of the project, so that one run can measure two versions. */
export interface Subject {
  readonly directory: string;
  readonly query: typeof import("../../../plugin/core/text/query.ts");
  readonly cookies: typeof import("../../../plugin/core/text/cookies.ts");
  readonly path: typeof import("../../../plugin/core/request/request-path.ts");
  readonly match: typeof import("../../../plugin/core/request/match.ts");
  readonly extract: typeof import("../../../plugin/core/token/extract.ts");
  readonly origin: typeof import("../../../plugin/core/request/origin.ts");
  readonly base64url: typeof import("../../../plugin/core/text/base64url.ts");
  readonly decode: typeof import("../../../plugin/core/token/decode.ts");
  readonly json: typeof import("../../../plugin/core/text/json.ts");
  readonly templates: typeof import("../../../plugin/core/model/issuer-template.ts");
  readonly condition: typeof import("../../../plugin/core/access/condition.ts");
  readonly propagate: typeof import("../../../plugin/core/upstream/propagate.ts");
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

const MODULES: Readonly<Record<Exclude<keyof Subject, "directory">, string>> = {
  query: "core/query",
  cookies: "core/cookies",
  path: "core/request-path",
  match: "core/match",
  extract: "core/extract",
  origin: "core/origin",
  base64url: "core/base64url",
  decode: "core/decode",
  json: "core/json",
  templates: "core/issuer-template",
  condition: "core/condition",
  propagate: "core/propagate",
  decision: "core/decision",
  reply: "core/reply",
  facts: "kong/facts-variable",
  form: "kong/negotiate-form",
  exit: "kong/create-exit",
  log: "observe/decision-log",
  frames: "server/frames",
  messages: "server/messages",
  policy: "policy/read-policy",
};

/** @param directory a clone whose `dist` is built. */
export async function loadSubject(directory: string): Promise<Subject> {
  const loaded = await Promise.all(
    Object.entries(MODULES).map(async ([name, file]) => {
      const module = await import(pathToFileURL(join(resolve(directory), "dist/plugin", `${file}.js`)).href);
      return [name, module] as const;
    }),
  );
  return { directory: resolve(directory), ...Object.fromEntries(loaded) } as unknown as Subject;
}
