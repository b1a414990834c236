// Checks a container. `node healthcheck.mjs 127.0.0.1:8008 kong` asks two servers: the plugin server at that address,
// and Kong at its own address. Asking only Kong is not enough, because Kong reports that it is ready even when the
// plugin server is dead.
const TIMEOUT_MS = 3_000;
const KONG_DEFAULT = "127.0.0.1:8007";

/** Where Kong answers probes inside this container. Undefined if its configuration turns probes off. */
function findKong() {
  const [, port] = /:(\d+)/.exec(process.env.KONG_STATUS_LISTEN ?? KONG_DEFAULT) ?? [];
  return port && `127.0.0.1:${port}`;
}

async function ask(address) {
  const url = `http://${address}/status/ready`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { isReady: response.status === 200, text: `${url} answers ${response.status}: ${await response.text()}` };
  } catch (error) {
    return { isReady: false, text: `${url} does not answer: ${error.cause?.message ?? error.message}` };
  }
}

const addresses = process.argv.slice(2).map((name) => (name === "kong" ? findKong() : name));
const answers = await Promise.all(addresses.filter((address) => address !== undefined).map(ask));
process.stdout.write(answers.map(({ text }) => `${text.trimEnd()}\n`).join(""));
process.exitCode = answers.every(({ isReady }) => isReady) ? 0 : 1;
