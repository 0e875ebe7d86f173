/** The program of every process of a cluster: `main control-plane DATA_DIR NAME` or `main node DATA_DIR NAME NODE`. */
import { enableCompileCache } from "node:module";
import { lastWords } from "./last-words.ts";

enableCompileCache();

const [role, dataDir, name, node] = process.argv.slice(2);
if (dataDir === undefined || name === undefined) throw new Error("usage: main control-plane|node DATA_DIR NAME [NODE]");

const lifetime = new AbortController();
for (const signalName of ["SIGTERM", "SIGINT"] as const) {
  process.once(signalName, () => lifetime.abort(new Error(`received ${signalName}`)));
}

try {
  if (role === "control-plane") {
    const { runControlPlaneProcess } = await import("./control-plane-process.ts");
    await runControlPlaneProcess({ name, dataDir }, lifetime.signal);
  } else if (role === "node" && node !== undefined) {
    const { runNodeProcess } = await import("./node-process.ts");
    await runNodeProcess({ name, dataDir }, node, lifetime.signal);
  } else {
    throw new Error(`unknown role ${JSON.stringify(role)}`);
  }
} catch (error) {
  console.error(error);
  // The last line of the log, for those who ask why.
  console.error(lastWords(error));
  process.exit(1);
}
// Libraries may keep idle sockets open; everything of ours has ended by now.
process.exit(0);
