/** Makes a folder with those that it stands in. */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Node's own `recursive` looks for ever for what to make first where nothing can be made, as under /proc.
 * @throws the error of the file system, such as EACCES, also where something that is no folder has the name
 */
export function makeFolder(path: string): void {
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
