/** The files of an export: written beside their place, and put there when all of them are whole. */
import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SignalboxError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";

export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Texts that were written, without begin and end. */
  readonly records: number;
}

export interface ExportFile {
  write(record: string): Promise<void>;
}

export interface ExportFiles extends AsyncDisposable {
  /** Opens a file; a frame is what stands before, between and behind its records. */
  open(name: string, frame?: { begin: string; between: string; end: string }): Promise<ExportFile>;
  /** Ends the files that are open. They are not in their places yet. */
  finish(): Promise<WrittenFile[]>;
  /** Puts the files in their places in the order in which they were opened, over those of an earlier export. */
  publish(): Promise<void>;
}

/**
 * Files in a folder, which is made where it is missing. Disposing of them takes away what was not published.
 * @throws SignalboxError "export-failed" where the folder cannot be written to
 */
export async function openExportFiles(folder: string): Promise<ExportFiles> {
  const temporary = (name: string) => join(folder, `.${name}.${process.pid}.partial`);
  const opened: { name: string; handle: FileHandle; end(): Promise<WrittenFile> }[] = [];
  let ended = 0;
  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (cause) {
      const { message } = cause as Error;
      throw new SignalboxError("export-failed", `The files in ${folder} cannot be written: ${message}.`, { cause });
    }
  };
  await attempt(async () => makeFolder(folder));

  async function openFile(
    name: string,
    { begin, between, end } = { begin: "", between: "", end: "" },
  ): Promise<ExportFile> {
    const handle = await attempt(() => open(temporary(name), "w"));
    const hash = createHash("sha256");
    let bytes = 0;
    let records = 0;
    const put = async (text: string) => {
      const data = Buffer.from(text);
      hash.update(data);
      bytes += data.length;
      await attempt(() => handle.write(data));
    };
    opened.push({
      name,
      handle,
      async end() {
        await put(end);
        await attempt(() => handle.sync());
        await handle.close();
        return { name, bytes, sha256: hash.digest("hex"), records };
      },
    });
    await put(begin);
    return {
      async write(record) {
        await put(records === 0 ? record : `${between}${record}`);
        records += 1;
      },
    };
  }

  return {
    open: openFile,
    async finish() {
      const written = [];
      for (const file of opened.slice(ended)) written.push(await file.end());
      ended = opened.length;
      return written;
    },
    async publish() {
      for (const { name } of opened) await attempt(() => rename(temporary(name), join(folder, name)));
    },
    async [Symbol.asyncDispose]() {
      for (const { name, handle } of opened) {
        // Closed already where all went well; a published file is not there under this name any more.
        await handle.close().catch(() => undefined);
        await rm(temporary(name), { force: true });
      }
    },
  };
}
