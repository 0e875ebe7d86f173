/**
 * A WebSocket client reduced to its bytes: binary messages in, binary messages out. For subprotocols that the ws
 * library refuses to ask for, such as SPDY/3.1+portforward.k8s.io.
 */
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { Duplex } from "node:stream";

/** Resolves with the payloads of the connection as one byte stream. Rejects when the server does not upgrade to this protocol. */
export function rawWebSocket(url: string, protocol: string): Promise<Duplex> {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    "sec-websocket-protocol": protocol,
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { headers });
    call.on("error", reject);
    call.once("response", (message) => reject(new Error(`cannot open a WebSocket: status ${message.statusCode}`)));
    call.once("upgrade", (message, socket, head) => {
      if (message.headers["sec-websocket-protocol"] !== protocol) reject(new Error("cannot open a WebSocket: another protocol was chosen"));
      else resolve(payloads(socket, head));
    });
    call.end();
  });
}

function payloads(socket: Duplex, head: Buffer): Duplex {
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(maskedFrame(2, chunk), () => done()),
    final: (done) => void socket.write(maskedFrame(8, Buffer.alloc(0)), () => done()),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  let rest = head;
  const take = (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let frame = firstFrame(rest); frame !== undefined; frame = firstFrame(rest)) {
      rest = rest.subarray(frame.size);
      if (frame.opcode <= 2 && frame.payload.length > 0 && !stream.push(frame.payload)) socket.pause();
    }
  };
  socket.on("data", take);
  socket.on("error", () => stream.destroy());
  socket.on("close", () => stream.push(null));
  take(Buffer.alloc(0));
  return stream;
}

/** RFC 6455, 5.2; clients mask what they send, and a mask of zeros changes nothing. */
function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const head = payload.length < 126 ? Buffer.of(0x80 | opcode, 0x80 | payload.length) : Buffer.alloc(10);
  if (payload.length >= 126) {
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

function firstFrame(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const headSize = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < headSize) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const size = headSize + length;
  return bytes.length < size ? undefined : { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(headSize, size), size };
}
