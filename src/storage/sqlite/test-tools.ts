/** For tests of this folder: a logger that says nothing. */
import type { Logger } from "../../machinery/logger.ts";

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
