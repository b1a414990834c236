/**
 * Shell words for a container without `pgrep`: prints the pid of the plugin server. The shell and tini have the same
 * options in their command lines, so the function also checks which program runs.
 */
export const PLUGIN_SERVER_PID = [
  "for file in $(grep -l -a -e jwt-policy-server.mjs /proc/[0-9]*/cmdline)",
  "do directory=$(dirname $file)",
  '[ "$(readlink $directory/exe)" != /usr/local/bin/node ] || basename $directory',
  "done",
].join("; ");
