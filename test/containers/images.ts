import { type ContainerRuntimeClient, getContainerRuntimeClient, ImageName } from "testcontainers";

/** The images that the tests in containers use. Environment variables can name other images. */
export const KONG_IMAGE = process.env.KONG_IMAGE || "kong:3.9";
export const NODE_IMAGE = process.env.NODE_IMAGE || "node:24-bookworm-slim";

/** A slow line needs this long for an image of 150 MB. After that, the tests report the image as missing. */
const PULL_TIMEOUT_MS = 20 * 60_000;
const MEGABYTE = 1_000_000;
/** How many bytes arrive between two lines of progress. */
const SHOWN_STEP = 10 * MEGABYTE;

/**
 * Why containers of these images cannot run on this machine; undefined if they can run. Pulls images that are not on
 * this machine yet, and shows the progress.
 */
export async function findMissingImages(images: readonly string[]): Promise<string | undefined> {
  let client: ContainerRuntimeClient;
  try {
    client = await getContainerRuntimeClient();
  } catch {
    return "no container engine answers, so no container can be run: start Docker";
  }
  for (const image of images) {
    const name = ImageName.fromString(image);
    try {
      if (!(await client.image.exists(name))) {
        await pullImage(client, name.string);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return `the image ${image} is not here and cannot be pulled (KONG_IMAGE and NODE_IMAGE name others): ${why}`;
    }
  }
  return undefined;
}

/** A part of the engine's report about each layer during a pull. */
interface PullEvent {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

async function pullImage({ container: { dockerode } }: ContainerRuntimeClient, image: string): Promise<void> {
  const show = (text: string): void => void process.stderr.write(`Pulling ${image}: ${text}\n`);
  show("begins");
  const layers = new Map<string, number>();
  let shown = 0;
  const stream = await dockerode.pull(image, { abortSignal: AbortSignal.timeout(PULL_TIMEOUT_MS) });
  await new Promise<void>((resolve, reject) => {
    const onEnd = (error: Error | null): void => (error ? reject(error) : resolve());
    dockerode.modem.followProgress(stream, onEnd, ({ id, status, progressDetail }: PullEvent) => {
      if (id === undefined || status !== "Downloading") {
        return;
      }
      layers.set(id, progressDetail?.current ?? 0);
      const received = [...layers.values()].reduce((sum, bytes) => sum + bytes, 0);
      if (received >= shown + SHOWN_STEP) {
        shown = received;
        show(`${Math.floor(received / MEGABYTE)} MB`);
      }
    });
  });
  show("done");
}
