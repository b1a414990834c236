/** The data that a detector stores about one policy, rule or issuer. */
export interface NamedRecord {
  /** The time of the last reported finding, in milliseconds of the detector's clock. */
  reportedAt: number;
}

export interface NamedRecordsOptions<R> {
  readonly maxRecords: number;
  readonly bytesPerRecord: number;
  /** Makes a new record, for which nothing has been reported yet. */
  readonly create: (nowMs: number) => R;
}

/**
 * Stores one record for each name of a policy, rule or issuer. The names come from configuration, but configuration can
 * change while the process runs. So the number of records is limited, and a name beyond the limit gets no record.
 */
export class NamedRecords<R extends object> {
  readonly #options: NamedRecordsOptions<R>;
  readonly #records = new Map<string, R & NamedRecord>();

  constructor(options: NamedRecordsOptions<R>) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#records.size * this.#options.bytesPerRecord;
  }

  find(name: string, nowMs: number): (R & NamedRecord) | undefined {
    const known = this.#records.get(name);
    if (known !== undefined || this.#records.size >= this.#options.maxRecords) {
      return known;
    }
    const record = { ...this.#options.create(nowMs), reportedAt: Number.NEGATIVE_INFINITY };
    this.#records.set(name, record);
    return record;
  }
}

/**
 * Records the time of a finding that is reported. A finding that repeats the last report does not change the time.
 *
 * @param repeatMs for this many milliseconds after a report, further findings count as repetitions of the same report.
 * @returns whether the finding repeats the last report.
 */
export function noteReport(record: NamedRecord, nowMs: number, repeatMs: number): boolean {
  const isRepeat = nowMs - record.reportedAt < repeatMs;
  if (!isRepeat) {
    record.reportedAt = nowMs;
  }
  return isRepeat;
}
