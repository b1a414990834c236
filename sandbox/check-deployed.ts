/** `npm run check:deployed`: sends the example requests of `npm start -- --check` to a gateway that runs elsewhere. */
import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { toPrintableLines } from "../plugin/core/text/printable.ts";
import { EXAMPLES, type TokenName } from "./demo/examples.ts";
import { mintToken } from "./demo/identity-provider.ts";
import { WRITTEN_PORTS } from "./demo/local-copy.ts";
import { type ExampleResult, mintExampleTokens, runExample } from "./demo/run-examples.ts";
import { formatCurlLines, formatResults } from "./demo/sandbox-report.ts";

interface Flags {
  gateway: string;
  idp: string;
  curl: boolean;
}

const { gateway, idp, curl } = new Command("npm run check:deployed --")
  .configureOutput({ writeErr: (text) => process.stderr.write(toPrintableLines(text)) })
  .description(
    "Sends the example requests to a gateway with this repository's kong.yml and policies, the sandbox's OpenID provider and its upstream. SANDBOX_CLIENT_SECRET must be the secret with which the provider was started.",
  )
  .option("--gateway <url>", "address of the gateway", parseUrl, "http://127.0.0.1:8000")
  .option("--idp <url>", "address of the provider", parseUrl, `http://127.0.0.1:${WRITTEN_PORTS.provider}`)
  .option("--curl", "print the requests as curl lines with fresh tokens instead of making them", false)
  .parse()
  .opts<Flags>();

/** Removes slashes at the end of the address, because paths are appended to it. */
function parseUrl(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError("The value must be an address such as http://127.0.0.1:8000.");
  }
  return text.replace(/\/+$/, "");
}

async function mintTokens(): Promise<Readonly<Record<TokenName, string>>> {
  const secret = process.env.SANDBOX_CLIENT_SECRET;
  if (!secret) {
    throw new Error("SANDBOX_CLIENT_SECRET is not set; set it to the secret with which the provider was started");
  }
  return mintExampleTokens({ mintToken: (wanted) => mintToken(idp, secret, wanted) });
}

/** @returns whether every answer is as expected. */
async function check(tokens: Readonly<Record<TokenName, string>>): Promise<boolean> {
  const results: ExampleResult[] = [];
  for (const example of EXAMPLES) {
    results.push(await runExample(gateway, example, tokens));
  }
  process.stdout.write(`${formatResults(results)}\n`);
  return results.every(({ differences }) => differences.length === 0);
}

try {
  const tokens = await mintTokens();
  if (curl) {
    process.stdout.write(`${formatCurlLines(gateway, EXAMPLES, tokens)}\n`);
  } else if (!(await check(tokens))) {
    process.exitCode = 1;
  }
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const what =
    code === "ECONNREFUSED" ? `no server listens: ${message}. Check that --gateway and --idp are running.` : message;
  process.stderr.write(`${pc.red(toPrintableLines(what))}\n`);
  process.exitCode = 1;
}
