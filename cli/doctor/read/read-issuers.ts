import { join } from "node:path";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { messageOf } from "../../../plugin/core/text/error-message.ts";
import { loadPolicyFile } from "../../../plugin/runtime/load/policy-store.ts";
import { checkOnline, openOnlineFetcher } from "../../online/check-online.ts";
import type { IssuersView, PoliciesView } from "../model/setup.ts";

/** Asks the issuers of all policies under the root, with the fetch settings of the plugin server. */
export async function readIssuers(
  policies: Result<PoliciesView, string>,
  fetchSettings: string | undefined,
): Promise<Result<IssuersView, string>> {
  if (!policies.ok) {
    return policies;
  }
  const { root, files } = policies.value;
  if (files.length === 0) {
    return fail("no policy could be read, so no issuer is known");
  }
  try {
    const fetchJson = await openOnlineFetcher(fetchSettings);
    const results = await Promise.all(
      files.map(async (file) => {
        const load = await loadPolicyFile(root, file);
        return load.ok
          ? checkOnline(
              load.value,
              { file: join(root, file), text: load.text },
              { fetchJson, policyRoot: root, now: Date.now },
            )
          : { findings: [], issuers: [] }; // Another check reports the mistakes in this policy.
      }),
    );
    return succeed({
      issuers: results.flatMap(({ issuers }) => issuers),
      findings: results.flatMap(({ findings }) => findings),
    });
  } catch (error) {
    return fail(`the fetch settings cannot be used: ${messageOf(error)}`);
  }
}
