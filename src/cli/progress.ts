/** A line that shows how far long work has come: redrawn on a terminal, and a line for each tenth elsewhere. */

export interface Progress {
  /** `done` of the total is finished; `note` stands behind the bar. */
  show(done: number, note?: string): void;
  /** Leaves the last line where it is. To be called however the work ended. */
  end(): void;
}

interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const width = 24;

/** @param stream where it is drawn: stderr unless given, so that stdout stays the output of the command */
export function createProgress(label: string, total: number, stream: ProgressStream = process.stderr): Progress {
  let tenth = -1;
  let hasLine = false;
  return {
    show(done, note = "") {
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const filled = Math.round(share * width);
      const bar = `${"█".repeat(filled)}${"░".repeat(width - filled)}`;
      const line = `${label} ${bar} ${done}/${total} ${note}`.trimEnd();
      if (stream.isTTY) {
        stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
        hasLine = true;
      } else if (Math.floor(share * 10) > tenth) {
        tenth = Math.floor(share * 10);
        stream.write(`${line}\n`);
      }
    },
    end() {
      if (hasLine) stream.write("\n");
      hasLine = false;
    },
  };
}
