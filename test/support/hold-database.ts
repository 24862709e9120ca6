/** Run as a process of its own: opens the database of its argument (settings as JSON) as a server, and holds it. */
import { openDatabase } from "../../src/storage/open.ts";

await openDatabase(JSON.parse(process.argv[2] ?? ""));
process.stdout.write("held\n");
setInterval(() => {}, 1 << 30);
