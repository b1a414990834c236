import { expect, it } from "vitest";
import { useDumpFile } from "../../../plugin/server/settings/dump-file-settings.ts";

it("a Kong that does not start the server reads the dump from a file, starts nothing, and keeps its other settings", () => {
  const settings = { KONG_PLUGINS: "bundled", P_SOCKET: "/s", P_START_CMD: "node a", P_QUERY_CMD: "node b" };
  expect(useDumpFile(settings, "/run/a b/dump.json")).toEqual({
    KONG_PLUGINS: "bundled",
    P_SOCKET: "/s",
    P_QUERY_CMD: "/bin/cat '/run/a b/dump.json'",
  });
});
