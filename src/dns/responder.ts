/** One DNS message in, one out: decodes, answers what is ours, forwards the rest. */
import packet from "dns-packet";
import { answer, type ClusterView, type DnsRecord } from "./records.ts";

export interface ResponderOptions {
  readonly domain: string;
  readonly view: ClusterView;
  /** Seconds that clients may keep an answer; short, because endpoints change. */
  readonly ttlSeconds: number;
  forward(query: Buffer, transport: "udp" | "tcp"): Promise<Buffer>;
  /** Called for questions that could not be forwarded. */
  onForwardFailure(name: string, error: unknown): void;
}

type ResponseCode = "NOERROR" | "FORMERR" | "SERVFAIL" | "NXDOMAIN" | "NOTIMP";
/** RFC 1035 4.1.1. */
const codeNumbers: Record<ResponseCode, number> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4 };
const plainUdpBytes = 512;
const aliasLimit = 8;

/** Undefined when the message is not a question that deserves an answer. */
export async function respond(query: Buffer, transport: "udp" | "tcp", options: ResponderOptions): Promise<Buffer | undefined> {
  // The type definitions leave out the opcode that decode() gives.
  let request: packet.DecodedPacket & { opcode?: string };
  try {
    request = packet.decode(query);
  } catch {
    // Too broken to answer unless at least its id can be read.
    return query.length < 12 ? undefined : headerOnly(query, "FORMERR");
  }
  if (request.type !== "query") return undefined;
  const [question, ...more] = request.questions ?? [];
  if (question === undefined || more.length > 0) return headerOnly(query, "FORMERR");
  if (request.opcode !== "QUERY") return headerOnly(query, "NOTIMP");
  const result = answer(question.name, question.type, options.domain, options.view);
  if (result.type === "notOurs") return forwarded(query, transport, question.name, options);
  const records = result.type === "found" ? await withAliasTarget(result.records, question.type, options) : [];
  return encode(request, question, result.type === "found" ? "NOERROR" : "NXDOMAIN", records, transport, options);
}

async function forwarded(query: Buffer, transport: "udp" | "tcp", name: string, options: ResponderOptions): Promise<Buffer> {
  try {
    return await options.forward(query, transport);
  } catch (error) {
    options.onForwardFailure(name, error);
    return headerOnly(query, "SERVFAIL");
  }
}

/** Stub resolvers expect an alias to come with what it stands for. */
async function withAliasTarget(records: readonly DnsRecord[], type: string, options: ResponderOptions): Promise<packet.Answer[]> {
  const answers: packet.Answer[] = records.map((record) => toAnswer(record, options.ttlSeconds));
  let alias = records.find((record) => record.type === "CNAME");
  for (let hops = 0; alias !== undefined && type !== "CNAME" && hops < aliasLimit; hops++) {
    const target = String(alias.data);
    const next = answer(target, type, options.domain, options.view);
    if (next.type === "notOurs") return [...answers, ...(await resolveOutside(target, type, options))];
    const found = next.type === "found" ? next.records : [];
    answers.push(...found.map((record) => toAnswer(record, options.ttlSeconds)));
    alias = found.find((record) => record.type === "CNAME");
  }
  return answers;
}

async function resolveOutside(name: string, type: string, options: ResponderOptions): Promise<packet.Answer[]> {
  const query = packet.encode({ type: "query", id: 1, flags: packet.RECURSION_DESIRED, questions: [{ name, type: type as packet.RecordType }] });
  try {
    return packet.decode(await options.forward(query, "udp")).answers ?? [];
  } catch (error) {
    // The alias alone is still true.
    options.onForwardFailure(name, error);
    return [];
  }
}

function toAnswer(record: DnsRecord, ttl: number): packet.Answer {
  return { ...record, ttl, class: "IN" } as packet.Answer;
}

function encode(
  request: packet.DecodedPacket,
  question: packet.Question,
  code: ResponseCode,
  answers: packet.Answer[],
  transport: "udp" | "tcp",
  options: ResponderOptions,
): Buffer {
  const edns = request.additionals?.find((record) => record.type === "OPT");
  const authority: packet.Answer[] = answers.length > 0 ? [] : [startOfAuthority(options)];
  const message = (truncated: boolean) =>
    packet.encode({
      type: "response",
      id: request.id ?? 0,
      flags:
        packet.AUTHORITATIVE_ANSWER |
        packet.RECURSION_AVAILABLE |
        ((request.flags ?? 0) & packet.RECURSION_DESIRED) |
        (truncated ? packet.TRUNCATED_RESPONSE : 0) |
        codeNumbers[code],
      questions: [question],
      answers: truncated ? [] : answers,
      authorities: truncated ? [] : authority,
      ...(edns === undefined
        ? {}
        : {
            additionals: [
              { type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options: [], extendedRcode: 0, ednsVersion: 0, flag_do: false },
            ] as unknown as packet.Answer[],
          }),
    });
  const whole = message(false);
  const limit = transport === "tcp" ? 65_535 : Math.max(plainUdpBytes, edns !== undefined && "udpPayloadSize" in edns ? Number(edns.udpPayloadSize) : 0);
  return whole.length <= limit ? whole : message(true);
}

/** Lets resolvers remember that something is not there (RFC 2308). */
function startOfAuthority({ domain, ttlSeconds }: ResponderOptions): packet.Answer {
  const data = { mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, serial: 1, refresh: 7200, retry: 1800, expire: 86400, minimum: ttlSeconds };
  return { type: "SOA", name: domain, ttl: ttlSeconds, class: "IN", data } as packet.Answer;
}

/** The question sent back with nothing but a code. */
function headerOnly(query: Buffer, code: ResponseCode): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8080 | (query.readUInt16BE(2) & 0x7900) | codeNumbers[code], 2);
  header.fill(0, 4, 12); // No sections.
  return header;
}
