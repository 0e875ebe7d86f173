/** grpc.health.v1.Health/Check, the one call of the gRPC probe. Messages are small enough to be written by hand. */
import * as grpc from "@grpc/grpc-js";

const statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** Resolves with the serving status' name. */
export async function grpcHealthCheck(host: string, port: number, service: string, timeoutMs: number): Promise<string> {
  const target = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const client = new grpc.Client(target, grpc.credentials.createInsecure(), {
    "grpc.primary_user_agent": "kube-probe/1.36",
    "grpc.use_local_subchannel_pool": 1,
  });
  try {
    return await new Promise<string>((resolve, reject) => {
      client.makeUnaryRequest("/grpc.health.v1.Health/Check", encodeRequest, decodeResponse, service, { deadline: Date.now() + timeoutMs }, (error, status) => {
        if (error !== null) reject(new Error(grpcErrorText(error, target, timeoutMs)));
        else resolve(status ?? "UNKNOWN");
      });
    });
  } finally {
    client.close();
  }
}

function grpcErrorText(error: grpc.ServiceError, target: string, timeoutMs: number): string {
  if (error.code === grpc.status.DEADLINE_EXCEEDED)
    return `timeout: failed to connect service ${JSON.stringify(target)} within ${timeoutMs / 1000}s: context deadline exceeded`;
  return `error: health rpc failed: ${error.details || error.message}`;
}

/** HealthCheckRequest { string service = 1 }. */
function encodeRequest(service: string): Buffer {
  const text = Buffer.from(service);
  if (text.length === 0) return Buffer.alloc(0);
  const length = text.length < 128 ? [text.length] : [(text.length & 0x7f) | 0x80, text.length >> 7];
  return Buffer.concat([Buffer.from([0x0a, ...length]), text]);
}

/** HealthCheckResponse { ServingStatus status = 1 }. */
function decodeResponse(bytes: Buffer): string {
  return statuses[bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0] ?? "UNKNOWN";
}
