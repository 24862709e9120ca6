/** A preload that kills its process in the middle of its work: soon after the first progress that it shows. */
const { stderr } = process;
const write = stderr.write.bind(stderr) as (text: string | Uint8Array) => boolean;

stderr.write = (text: string | Uint8Array) => {
  if (String(text).includes("█")) setTimeout(() => process.kill(process.pid, "SIGKILL"), 5);
  return write(text);
};
