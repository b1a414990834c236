/** The first file descriptor that a service manager passes on (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3;

/**
 * Returns the file descriptor of the listening socket that a service manager such as systemd keeps open across
 * restarts. Returns undefined if there is no such socket.
 *
 * @throws Error if the service manager passes several sockets.
 */
export function findInheritedSocket(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  if (environment.LISTEN_PID !== String(pid)) {
    return undefined; // The service manager passed the socket to another process.
  }
  const count = Number(environment.LISTEN_FDS);
  if (count !== 1) {
    throw new Error(
      `the service manager passes ${environment.LISTEN_FDS} sockets; give the socket unit one ListenStream`,
    );
  }
  return FIRST_DESCRIPTOR;
}
