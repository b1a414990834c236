/**
 * Builds the URL of a plugin server's `/status`. The input is this URL itself, or only the address of the status port.
 *
 * @throws Error if the text is not an http or https URL, or if the URL has a user and password.
 */
export function findStatusUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Error(`${JSON.stringify(text)} is not the URL of a status port, such as http://127.0.0.1:8008`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new Error("the URL of a status port has no user and no password");
  }
  return /\/status\/?$/.test(url.pathname) ? url.href : `${url.href.replace(/\/$/, "")}/status`;
}
