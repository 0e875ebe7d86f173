/**
 * The control-plane process looks after the node processes: it starts those that do not run, adopts those that do (they
 * survive its own restart, and so do their pods), starts again those that end, and stops them when it is told to stop.
 */
import { fileURLToPath } from "node:url";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { ClusterConfig } from "./config.ts";
import type { Layout } from "./layout.ts";
import { inNode } from "./network.ts";
import { nodeOptions } from "./node-options.ts";
import { isAlive, type ProcessRecord, readRecord, spawnDetached, stopProcess } from "./processes.ts";

/** The program of every process of a cluster: compiled it is .js, in a source checkout .ts. */
const mainModule = fileURLToPath(new URL(`./main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url));

export function processCommand(role: "control-plane" | "node", config: ClusterConfig, ...rest: string[]): [string, ...string[]] {
  return [process.execPath, ...nodeOptions, mainModule, role, config.dataDir, config.name, ...rest];
}

export function startNodeProcess(config: ClusterConfig, layout: Layout, node: string): ProcessRecord {
  return spawnDetached({
    name: node,
    runDir: layout.run,
    logFile: `${layout.logs}/${node}.log`,
    command: inNode(layout.node(node), processCommand("node", config, node)),
  });
}

export interface Supervisor {
  /** Resolves when every node process has ended. */
  stop(signal: AbortSignal): Promise<void>;
}

const watchIntervalMs = 1_000;
const stopGraceMs = 20_000;

export function superviseNodes(config: ClusterConfig, layout: Layout, clock: Clock, logger: Logger, signal: AbortSignal): Supervisor {
  const check = () => {
    for (const node of config.nodes) {
      const record = readRecord(layout.run, node);
      if (record !== undefined && isAlive(record)) continue;
      if (record !== undefined) logger.warn({ node, pid: record.pid }, "node process has ended; starting it again");
      startNodeProcess(config, layout, node);
    }
  };
  const watch = async () => {
    while (!signal.aborted) {
      check();
      await clock.sleep(watchIntervalMs, signal);
    }
  };
  const watching = watch().catch((error: unknown) => {
    if (!signal.aborted) logger.error({ err: error }, "cannot look after node processes any longer");
  });
  return {
    stop: async (stopSignal) => {
      await watching;
      const records = config.nodes.map((node) => readRecord(layout.run, node)).filter((record) => record !== undefined);
      await Promise.all(records.map((record) => stopProcess(record, stopGraceMs, clock, stopSignal)));
    },
  };
}
