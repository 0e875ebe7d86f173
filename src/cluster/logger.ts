import { pino } from "pino";
import type { Logger } from "../machinery/logger.ts";
import { LogDestination } from "./log-destination.ts";
import { systemClock } from "./system-clock.ts";

/** JSON lines on standard output, which the cluster's processes have in their log file. */
export function createLogger(level = process.env["CORACLE_LOG_LEVEL"] ?? "info"): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ["token", "*.token", "password", "*.password", "authorization", "*.authorization"], censor: "[redacted]" },
  };
  return pino(options, new LogDestination({ descriptor: 1, now: () => systemClock.now() }));
}
