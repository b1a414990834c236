// kong-js-pluginserver loads every file of its plugins directory and names the plugin after the file. So this directory contains
// only this file, and no compiler output.
module.exports = require("../../dist/plugin/index.js");
