interface Step {
  readonly atMs: number;
  readonly run: (atMs: number) => void;
}

/** Runs steps in the order of their times. The time is simulated, so a day takes minutes. */
export class Timeline {
  readonly #heap: Step[] = [];
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, run: Step["run"]): void {
    const heap = this.#heap;
    heap.push({ atMs, run });
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (timeOf(heap[parent]) <= timeOf(heap[index])) {
        return;
      }
      swap(heap, index, parent);
      index = parent;
    }
  }

  runUntil(endMs: number): void {
    for (let [next] = this.#heap; next !== undefined && next.atMs < endMs; [next] = this.#heap) {
      this.#removeFirst();
      this.#nowMs = next.atMs;
      next.run(next.atMs);
    }
    this.#nowMs = endMs;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) {
      return;
    }
    heap[0] = last;
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const smaller = timeOf(heap[right]) < timeOf(heap[left]) ? right : left;
      if (timeOf(heap[smaller]) >= timeOf(heap[index])) {
        return;
      }
      swap(heap, index, smaller);
      index = smaller;
    }
  }
}

function timeOf(step: Step | undefined): number {
  return step?.atMs ?? Number.POSITIVE_INFINITY;
}

function swap(heap: Step[], one: number, other: number): void {
  const [a, b] = [heap[one], heap[other]];
  if (a && b) {
    heap[one] = b;
    heap[other] = a;
  }
}
