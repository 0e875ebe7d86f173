/** The gRPC health service: serving, as long as it answers. */
import type { ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import { unary } from "./calls.ts";
import type { ServerContext } from "./context.ts";

const SERVING = { status: "SERVING" } as const;

export function healthService({ stopping, logger }: ServerContext): UntypedServiceImplementation {
  return {
    Check: unary(() => SERVING, logger),
    Watch: (call: ServerWritableStream<unknown, { status: string }>) => {
      const end = () => call.end();
      call.write(SERVING);
      stopping.addEventListener("abort", end, { once: true });
      call.once("cancelled", () => stopping.removeEventListener("abort", end));
    },
  };
}
