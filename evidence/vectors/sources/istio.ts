import { startKeyServer } from "../../../test/keys/key-server.ts";
import { judgeRequest } from "../judge-request.ts";
import type { JudgedVector, VectorSource } from "../judged.ts";
import { readVectors } from "../vector-folder.ts";
import { ISTIO_TEMPLATES } from "./istio-cases.ts";

/** One request of Istio's integration tests, and its result. */
interface IstioCase {
  readonly id: string;
  readonly policy_template: string;
  readonly method: string;
  /** The path includes the query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly expect: "accept" | "reject";
  readonly expect_upstream_headers: Readonly<Record<string, string>>;
}

/** A time at which the good tokens of Istio's tests are valid. */
const NOW = 1_800_000_000;

export const istio: VectorSource = {
  name: "Istio: requests against its policies",
  async judge() {
    const server = await startKeyServer();
    const { jwks } = readVectors<{ jwks: unknown }>("istio/library.json");
    server.answer("/jwks", { json: jwks });
    server.answer("/late", () => {}); // Never answers.
    try {
      return await Promise.all(
        readVectors<IstioCase[]>("istio/cases.json").map((istioCase) => judgeCase(istioCase, server.origin)),
      );
    } finally {
      await server.stop();
    }
  },
};

async function judgeCase(istioCase: IstioCase, origin: string): Promise<JudgedVector> {
  const template = istioCase.policy_template.replace(/^requestauthn\/|\.yaml\.tmpl$/g, "");
  const name = istioCase.id.replace(/^istio\//, "");
  const id = `${template}: ${name}`;
  const mapped = ISTIO_TEMPLATES[template]?.cases[name];
  const document = ISTIO_TEMPLATES[template]?.document(origin);
  if (!mapped || !document) {
    throw new Error(`istio-cases.ts does not say what "${id}" is here`);
  }
  const headers = new Map(istioCase.headers.map(([field, value]) => [field.toLowerCase(), value]));
  const { found, headers: upstream } = await judgeRequest({
    document,
    binding: { by: "route", name: mapped.route, tags: [] },
    authorization: headers.get("authorization"),
    headers,
    requestLine: { method: istioCase.method, target: istioCase.path },
    now: NOW,
  });
  const lost = Object.entries(istioCase.expect_upstream_headers).filter(
    ([header, value]) => upstream[header.toLowerCase()] !== value,
  );
  return {
    id,
    expected: istioCase.expect === "accept" ? "accepted" : (mapped.rightReason ?? "no reason given in istio-cases.ts"),
    found: found === "accepted" && lost.length > 0 ? `accepted without ${JSON.stringify(lost)}` : found,
  };
}
