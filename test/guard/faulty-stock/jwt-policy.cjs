// The module for kong-js-pluginserver with faults: what goes wrong is what the request's `x-fault` says.
const sound = require("../../../dist/plugin/index.js");

const VERDICT = "x-jwt-policy-verdict";

class Plugin extends sound.Plugin {
  isStale = false;

  async access(kong) {
    const fault = await kong.request.get_header("x-fault");
    if (fault === "throw") {
      throw new Error("a fault of the test");
    }
    if (fault === "never") {
      await new Promise(() => {});
    }
    if (fault === "nothing") {
      return;
    }
    this.isStale ||= fault === "stale-instance";
    const isWrong = fault === "other-configuration" || this.isStale;
    await super.access({
      nginx: kong.nginx,
      router: kong.router,
      log: kong.log,
      response: kong.response,
      service: {
        request: {
          async set_headers({ [VERDICT]: verdict, ...headers }) {
            if (fault === "no-verdict") {
              return kong.service.request.set_headers(headers);
            }
            const wrong = isWrong ? `x${verdict.slice(1)}` : verdict;
            return kong.service.request.set_headers({ ...headers, [VERDICT]: wrong });
          },
        },
      },
    });
  }
}

module.exports = { ...sound, Plugin };
