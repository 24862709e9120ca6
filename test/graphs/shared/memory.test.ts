/** The memory: what is taken for a request to it, and what becomes of requests. */
import { InMemoryStore } from "@langchain/langgraph";
import { describe, expect, test } from "vitest";
import { fulfil, memoryRequest, recall } from "../../../graphs/shared/memory.ts";

describe("A message asks the memory", () => {
  test.each([
    ["Remember that my dog is called Rex.", { kind: "remember", what: "my dog is called Rex" }],
    ["Please remember: I am vegetarian", { kind: "remember", what: "I am vegetarian" }],
    ["Could you please remember my birthday is in May?", { kind: "remember", what: "my birthday is in May" }],
    ["Remember the Severn Bridge?", undefined],
    ["Forget it. What about the tolls?", undefined],
    ["Merke dir, dass ich in Wien wohne.", { kind: "remember", what: "ich in Wien wohne" }],
    ["Merk dir bitte, dass ich in Wien wohne", { kind: "remember", what: "ich in Wien wohne" }],
    ["Forget that my dog is called Rex", { kind: "forget", what: "my dog is called Rex" }],
    ["Forget about Rex.", { kind: "forget", what: "Rex" }],
    ["Vergiss bitte, dass ich in Wien wohne", { kind: "forget", what: "ich in Wien wohne" }],
    ["Vergiss, dass ich in Wien wohne.", { kind: "forget", what: "ich in Wien wohne" }],
    ["Forget everything you know about me", { kind: "forget-all" }],
    ["Vergiss alles", { kind: "forget-all" }],
    ["What do you remember about me?", { kind: "list" }],
    ["Was weißt du über mich?", { kind: "list" }],
    ["Do you remember the Severn Bridge?", undefined],
    ["How do I make SQLite remember things?", undefined],
    ["What did the document say one should remember?", undefined],
  ])("or does not: %s", (message, request) => {
    expect(memoryRequest(message)).toEqual(request);
  });
});

describe("A memory", () => {
  const remember = (what: string) => ({ kind: "remember" as const, what });

  test("is recalled where a question is about it, the best first, and bounded", async () => {
    const store = new InMemoryStore();
    for (let number = 0; number < 20; number++) await fulfil(remember(`friend ${number} likes tea`), store);
    await fulfil(remember("my dog is called Rex"), store);
    expect((await recall("What is my dog called?", store)).map(({ text }) => text)).toEqual(["my dog is called Rex"]);
    expect(await recall("Which friend likes tea?", store)).toHaveLength(5);
    expect(await recall("What about the bridge?", store)).toEqual([]);
  });

  test("is recalled by another word for the same", async () => {
    const store = new InMemoryStore();
    for (let number = 0; number < 9; number++) await fulfil(remember(`friend ${number} likes tea`), store);
    await fulfil(remember("my salary comes on the 25th"), store);
    expect((await recall("When do I get my wage?", store)).map(({ text }) => text)).toEqual([
      "my salary comes on the 25th",
    ]);
  });

  test("is kept once, however often it is asked for", async () => {
    const store = new InMemoryStore();
    for (const what of ["I am vegetarian", "I am Vegetarian"]) await fulfil(remember(what), store);
    expect(await fulfil({ kind: "list" }, store)).toBe("You asked me to remember:\n- I am Vegetarian");
  });

  test("is forgotten by what it is about, and the others stay", async () => {
    const store = new InMemoryStore();
    for (const what of ["my dog is called Rex", "my cat is called Tom"]) await fulfil(remember(what), store);
    expect(await fulfil({ kind: "forget", what: "my dog" }, store)).toBe("I have forgotten:\n- my dog is called Rex");
    expect(await fulfil({ kind: "forget", what: "the weather" }, store)).toContain("nothing to forget");
    expect(await fulfil({ kind: "list" }, store)).toContain("Tom");
    await fulfil({ kind: "forget-all" }, store);
    expect(await recall("cat", store)).toEqual([]);
  });

  test("is one of 200 at the most", async () => {
    const store = new InMemoryStore();
    for (let number = 0; number < 200; number++) await fulfil(remember(`number ${number}`), store);
    expect(await fulfil(remember("one more"), store)).toContain("the most");
  });
});
