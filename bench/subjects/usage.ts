/** What a running process has used up so far, as the system counts it. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

export interface Usage {
  /** Of all its threads, in ms; the system counts in steps of about 10. */
  cpuMs: number;
  /** In 10^6 bytes. */
  residentMegabytes: number;
}

/** Linux's own files are read, since small images lack `ps`; elsewhere `ps` is asked. */
export async function readUsage(pid: number): Promise<Usage> {
  return process.platform === "linux" ? await fromProc(pid) : await fromPs(pid);
}

/** /proc has ticks of 1/100 s. */
async function fromProc(pid: number): Promise<Usage> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  // The second field is the program's name in parentheses, which may have anything in it; user and system are 14 and 15.
  const [, after = ""] = /^.*\) (.*)$/.exec((await readFile(`/proc/${pid}/stat`, "utf8")).trim()) ?? [];
  const fields = after.split(" ");
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, residentMegabytes: (Number(kilobytes) * 1024) / 1e6 };
}

/** `ps` writes the time as [hours:]minutes:seconds. */
async function fromPs(pid: number): Promise<Usage> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=,time=", "-p", String(pid)]);
  const [kilobytes, time = ""] = stdout.trim().split(/\s+/);
  const seconds = time.split(":").reduce((total, part) => total * 60 + Number(part), 0);
  return { cpuMs: seconds * 1000, residentMegabytes: (Number(kilobytes) * 1024) / 1e6 };
}
