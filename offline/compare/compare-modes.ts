import type { Mode } from "../../plugin/core/model/policy.ts";
import type { Cell } from "./cells/list-cells.ts";
import { ofBoth } from "./cells/policy-version.ts";
import type { ResolvedCell } from "./cells/resolve-cell.ts";
import type { Change } from "./change.ts";

/** Compares the mode of each cell. In report mode, requests pass even if the rule denies them. */
export function compareModes(rule: string, resolved: readonly ResolvedCell[]): readonly Change[] {
  const changed = new Map<Mode, Cell[]>();
  for (const { cell, sides } of resolved) {
    const [was, is] = ofBoth(sides, ({ requirements }) => requirements);
    if (was && is && was.mode !== is.mode && is.access !== "public") {
      const cells = changed.get(is.mode) ?? [];
      cells.push(cell);
      changed.set(is.mode, cells);
    }
  }
  return [...changed].flatMap(([mode, cells]): Change[] => {
    const [cell] = cells;
    const summary =
      mode === "report"
        ? "Denied requests now pass, and the plugin only logs them."
        : "Denied requests are now refused. Before the change, such requests passed, and the plugin only logged them.";
    return cell
      ? [
          {
            class: "mode",
            direction: mode === "report" ? "looser" : "stricter",
            subject: rule,
            summary,
            cells,
            example: {
              cell,
              direction: mode === "report" ? "looser" : "stricter",
              cause: "rule",
              lacks: [],
              sender: { sends: "invalid_token", isKnownToKong: false },
              transport: "tls",
            },
            content: mode,
          },
        ]
      : [];
  });
}
