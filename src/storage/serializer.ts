/**
 * Turns values into bytes and back, exactly: UTF-8 JSON, in which what JSON lacks is an envelope (serializer-envelope.ts).
 * Only the classes listed here are ever revived; what cannot come back the same is refused, never replaced.
 */
import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { SignalboxError } from "../errors.ts";
import { builtInForms } from "./serializer-built-ins.ts";
import { createPacker, createUnpacker, envelopeKey } from "./serializer-envelope.ts";
import { langchainForms } from "./serializer-langchain.ts";

const forms = [...builtInForms, ...langchainForms];
const pack = createPacker(forms);
const unpack = createUnpacker(forms);

/** Occurs in the text of a value only if there is an envelope in it: inside a JSON string the quotes are escaped. */
const envelopeMark = `${JSON.stringify(envelopeKey)}:`;

/**
 * The bytes of a value. JSON's own values, undefined, every number and string, BigInt, Date, Map, Set, RegExp, URL,
 * binary data, errors, LangChain's messages and documents, LangGraph's Send, Command, Overwrite and DeltaSnapshot.
 * @throws SignalboxError "unrepresentable-value" that names the path to anything else
 */
export function encode(value: unknown): Uint8Array {
  const packed = pack(value);
  try {
    return Buffer.from(JSON.stringify(packed), "utf8");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message =
      "The value is larger than half a gigabyte of text, which is the longest there is. Store less of it.";
    throw new SignalboxError("unrepresentable-value", message, { cause: error });
  }
}

/** The value of `encode`'s bytes. */
export function decode(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const packed: unknown = JSON.parse(text);
  return text.includes(envelopeMark) ? unpack(packed) : packed;
}

/** encode and decode, as LangGraph asks of a serializer. */
export const serializer: SerializerProtocol = {
  async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    return ["signalbox", encode(value)];
  },
  async loadsTyped(_type: string, data: Uint8Array | string): Promise<unknown> {
    return decode(typeof data === "string" ? Buffer.from(data, "utf8") : data);
  },
};
