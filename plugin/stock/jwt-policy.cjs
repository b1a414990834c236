// kong-js-pluginserver loads every file of its plugins directory and names the plugin after the file: so this directory
// holds this one file, and nothing that a compiler writes.
module.exports = require("../../dist/plugin/index.js");
