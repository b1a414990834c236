import type { FetchJson } from "./fetch-json.ts";

/**
 * Returns a fetcher that runs at most `max` fetches at the same time. The other fetches wait in order, and their time limits
 * start after the wait.
 */
export function limitFetches(fetchJson: FetchJson, max: number): FetchJson {
  const queue: (() => void)[] = [];
  let running = 0;

  const begin = async (): Promise<void> => {
    if (running < max) {
      running += 1;
      return;
    }
    // When a fetch ends, the next waiting fetch starts, so the number of running fetches does not change.
    await new Promise<void>((resolve) => void queue.push(resolve));
  };
  const end = (): void => {
    const next = queue.shift();
    if (next) {
      next();
    } else {
      running -= 1;
    }
  };

  return async (url, options) => {
    await begin();
    try {
      return await fetchJson(url, options);
    } finally {
      end();
    }
  };
}
