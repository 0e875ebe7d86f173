/** The thread that `YamlThread` starts: one text after the other. */
import { parentPort } from "node:worker_threads";
import { readYaml } from "./read-yaml.ts";

parentPort?.on("message", ({ bytes, limit }: { bytes: Uint8Array; limit: number }) => {
  parentPort?.postMessage(readYaml(bytes, limit));
});
