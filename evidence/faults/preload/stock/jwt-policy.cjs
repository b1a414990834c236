// What kong-js-pluginserver loads in the place of plugin/stock/jwt-policy.cjs.
const sound = require("../../../../dist/plugin/index.js");
const { failOr } = require("../fail-or.mjs");

class Plugin extends sound.Plugin {
  access(kong) {
    return failOr(
      () => super.access(kong),
      () => kong.nginx.get_var("request"),
    );
  }
}

module.exports = { ...sound, Plugin };
