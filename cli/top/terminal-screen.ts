import type { ReadStream, WriteStream } from "node:tty";

const ESCAPE = "\u001b[";
/**
 * Switches to a second screen, so that the user's own screen comes back at the end. The cursor is hidden, and long lines are cut.
 */
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l`;
const LEAVE = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;
const CLEAR_TO_END_OF_LINE = `${ESCAPE}K`;
const CLEAR_BELOW = `${ESCAPE}J`;
/** Terminals that support this mode show the whole frame in one step. */
const [BEGIN_FRAME, END_FRAME] = [`${ESCAPE}?2026h`, `${ESCAPE}?2026l`];
/** The size for terminals that do not know their own size. */
const USUAL = { rows: 24, columns: 80 };
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface TerminalPorts {
  readonly output: WriteStream;
  /** The input is undefined if the command cannot read the keyboard. In this case, signals still end the screen. */
  readonly input: ReadStream | undefined;
  readonly onKey: (key: string) => void;
  readonly onResize: () => void;
  /** After the screen has restored the terminal, the process sends this signal to itself again. */
  readonly onSignal: (signal: NodeJS.Signals) => void;
}

/**
 * The whole terminal as a screen of lines. {@link close} restores the terminal. If the process ends without a call of `close`,
 * the terminal is restored too.
 */
export class TerminalScreen {
  readonly #ports: TerminalPorts;
  #isOpen = true;
  readonly #close = (): void => this.close();
  readonly #onData = (data: Buffer): void => this.#ports.onKey(data.toString());

  constructor(ports: TerminalPorts) {
    const { output, input, onResize, onSignal } = ports;
    this.#ports = ports;
    output.write(ENTER);
    output.on("resize", onResize);
    input?.setRawMode(true);
    input?.on("data", this.#onData).resume();
    process.once("exit", this.#close);
    for (const signal of SIGNALS) {
      process.once(signal, onSignal);
    }
  }

  get height(): number {
    return this.#ports.output.rows || USUAL.rows;
  }

  get width(): number {
    return this.#ports.output.columns || USUAL.columns;
  }

  /** @param lines lines without characters that control the terminal. The only exception is colours. */
  draw(lines: readonly string[]): void {
    const frame = lines.map((line) => `${line}${CLEAR_TO_END_OF_LINE}`).join("\r\n");
    this.#ports.output.write(`${BEGIN_FRAME}${ESCAPE}H${frame}${CLEAR_BELOW}${END_FRAME}`);
  }

  close(): void {
    if (!this.#isOpen) {
      return;
    }
    this.#isOpen = false;
    const { output, input, onResize, onSignal } = this.#ports;
    output.off("resize", onResize);
    input?.off("data", this.#onData).pause();
    input?.setRawMode(false);
    process.off("exit", this.#close);
    for (const signal of SIGNALS) {
      process.off(signal, onSignal);
    }
    output.write(LEAVE);
  }
}
