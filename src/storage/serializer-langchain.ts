/** The forms of LangChain's messages and documents, and of what LangGraph puts into checkpoints and writes. */
import { Document } from "@langchain/core/documents";
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  ChatMessage,
  ChatMessageChunk,
  FunctionMessage,
  FunctionMessageChunk,
  HumanMessage,
  HumanMessageChunk,
  RemoveMessage,
  SystemMessage,
  SystemMessageChunk,
  ToolMessage,
  ToolMessageChunk,
} from "@langchain/core/messages";
import { Command, Overwrite, Send } from "@langchain/langgraph";
import { DeltaSnapshot } from "@langchain/langgraph-checkpoint";
import {
  classNameOf,
  type Fields,
  type Form,
  type PackPart,
  setField,
  setFields,
  type UnpackPart,
} from "./serializer-envelope.ts";

type Class<Instance> = new (fields: never) => Instance;

const messageClasses: Record<string, Class<BaseMessage>> = {
  AIMessage,
  AIMessageChunk,
  ChatMessage,
  ChatMessageChunk,
  FunctionMessage,
  FunctionMessageChunk,
  HumanMessage,
  HumanMessageChunk,
  RemoveMessage,
  SystemMessage,
  SystemMessageChunk,
  ToolMessage,
  ToolMessageChunk,
};

const messageSymbol = Symbol.for("langchain.message");

/** Fields that are alike in all instances of a class; and `lc_kwargs`, which repeats the others. */
const constantFields = new Set([
  "lc_direct_tool_output",
  "lc_kwargs",
  "lc_namespace",
  "lc_serializable",
  "lg_name",
  "type",
]);

/** The instance's own fields that differ from an empty instance's. */
function packFields(instance: object, empty: object, part: PackPart): Fields {
  const own = instance as Fields;
  const fields: Fields = {};
  for (const key of Object.keys(instance)) {
    if (constantFields.has(key) || isAlike(own[key], (empty as Fields)[key])) continue;
    setField(fields, key, part(own[key], key));
  }
  return fields;
}

function isAlike(value: unknown, empty: unknown): boolean {
  if (value === empty) return true;
  if (typeof value !== "object" || typeof empty !== "object" || value === null || empty === null) return false;
  return Object.getPrototypeOf(value) === Object.getPrototypeOf(empty) && Object.keys(value).length === 0;
}

function unpackFields(fields: Fields, part: UnpackPart): Fields {
  for (const key of Object.keys(fields)) setField(fields, key, part(fields[key]));
  return fields;
}

/**
 * The constructors rewrite what they are given (they parse raw tool calls, and move contents about), so a message is
 * made empty and its fields are set. `lc_kwargs`, from which LangChain makes JSON, is made to follow them.
 */
function messageForm(name: string, Message: Class<BaseMessage>): Form<BaseMessage> {
  const make = () => new Message({ content: "", additional_kwargs: {}, response_metadata: {} } as never);
  const empty = make();
  return {
    tag: name,
    prototypes: [Message.prototype],
    recognizes: (value) => messageSymbol in value && classNameOf(value) === name,

    pack(message, part) {
      const packed: Fields = { fields: packFields(message, empty, part) };
      // What the constructor was given beyond the fields it knows.
      const rest = Object.entries(message.lc_kwargs).filter(([key]) => !(key in message));
      if (rest.length > 0) packed.rest = rest.map(([key, value]) => [key, part(value, key)]);
      return packed;
    },

    unpack(packed, part) {
      const message = make();
      const fields = unpackFields(packed.fields as Fields, part);
      setFields(message, fields);
      for (const key of Object.keys(fields)) {
        if (Object.hasOwn(empty, key)) setField(message.lc_kwargs, key, fields[key]);
      }
      for (const [key, value] of (packed.rest ?? []) as [string, unknown][]) {
        setField(message.lc_kwargs, key, part(value));
      }
      return message;
    },
  };
}

/** A class whose instances are their fields. */
function instanceForm<Instance extends object>(
  name: string,
  prototype: Instance,
  make: (fields: Fields) => Instance,
): Form<Instance> {
  const empty = make({});
  return {
    tag: name,
    prototypes: [prototype],
    recognizes: (value) => classNameOf(value) === name && Object.keys(empty).every((key) => key in value),
    pack: (instance, part) => ({ fields: packFields(instance, empty, part) }),
    unpack(packed, part) {
      const fields = unpackFields(packed.fields as Fields, part);
      return setFields(make(fields), fields);
    },
  };
}

export const langchainForms: readonly Form[] = [
  ...Object.entries(messageClasses).map(([name, Message]) => messageForm(name, Message)),
  instanceForm("Document", Document.prototype, () => new Document({ pageContent: "" })),
  // Send's constructor would look for Sends and Commands in its arguments, and make them of data that is shaped so.
  instanceForm("Send", Send.prototype, () => new Send("", undefined)),
  instanceForm("Command", Command.prototype, (fields) => new Command(fields)),
  instanceForm("Overwrite", Overwrite.prototype, () => new Overwrite(undefined)),
  instanceForm("DeltaSnapshot", DeltaSnapshot.prototype, () => new DeltaSnapshot(undefined)),
];
