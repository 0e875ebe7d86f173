/**
 * WebSocket subprotocols of exec and attach (k8s.io/apimachinery remotecommand constants): one message carries a
 * channel's number and bytes of that channel.
 */

export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export interface ChannelProtocol {
  readonly name: string;
  /** Messages are text: the channel as a digit, then base64. */
  readonly base64: boolean;
  /** The result goes to the error channel as a Status; before v4, only the text of a failure does. */
  readonly status: boolean;
  /** The client may close a channel: message 255 with the channel's number. */
  readonly closes: boolean;
}

/** "" is a client that names none. */
export const channelProtocols: readonly ChannelProtocol[] = [
  { name: "", base64: false, status: false, closes: false },
  { name: "channel.k8s.io", base64: false, status: false, closes: false },
  { name: "base64.channel.k8s.io", base64: true, status: false, closes: false },
  { name: "v4.channel.k8s.io", base64: false, status: true, closes: false },
  { name: "v4.base64.channel.k8s.io", base64: true, status: true, closes: false },
  { name: "v5.channel.k8s.io", base64: false, status: true, closes: true },
];

/** The names a client offers, in its order of preference, from the header Sec-WebSocket-Protocol. */
export function offeredProtocols(header: string | undefined): string[] {
  return (header ?? "").split(",").map((name) => name.trim());
}

/** The client's first choice among those spoken here. */
export function chooseChannelProtocol(offered: readonly string[]): ChannelProtocol | undefined {
  for (const name of offered) {
    const found = channelProtocols.find((protocol) => protocol.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

export type ClientMessage = { readonly type: "data"; readonly channel: number; readonly data: Buffer } | { readonly type: "close"; readonly channel: number };

/** undefined for messages that say nothing. */
export function decodeMessage(protocol: ChannelProtocol, message: Buffer): ClientMessage | undefined {
  const [first] = message;
  if (first === undefined) return undefined;
  if (protocol.base64) return { type: "data", channel: first - digitZero, data: Buffer.from(message.toString("latin1", 1), "base64") };
  if (protocol.closes && first === channel.close) return message.length === 2 ? { type: "close", channel: message[1]! } : undefined;
  return { type: "data", channel: first, data: message.subarray(1) };
}

export function encodeMessage(protocol: ChannelProtocol, number: number, data: Buffer): Buffer | string {
  return protocol.base64 ? `${number}${data.toString("base64")}` : Buffer.concat([Buffer.of(number), data]);
}

const digitZero = 0x30;
