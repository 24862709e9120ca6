/** The words that search, guards and the offline model read from a text. */
import { describe, expect, test } from "vitest";
import { readWords, terms, words } from "../../src/words/words.ts";

describe("The words of a text", () => {
  test.each([
    ["Grüße an CAFÉ", ["gruße", "an", "cafe"]],
    ["timeZone and time_zone", ["time", "zone", "and", "time", "zone"]],
    ["1,250 of 1,25", ["1250", "of", "1", "25"]],
    ["ﬁne Ｗｉｄｅ", ["fine", "wide"]],
    ["東京都 a", ["東京", "京都", "a"]],
    ["Vue入門", ["vu", "ue", "e入", "入門"]],
    ["हिन्दी", ["हिन्दी"]],
    ["", []],
  ])("of %j are %j", (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test("keep together what is the parts of one", () => {
    expect(readWords("fooBar baz")).toEqual([["foo", "bar"], ["baz"]]);
  });
});

describe("The terms of a text", () => {
  test.each([
    ["Who has compiled it?", "compiling, compiles"],
    ["the colours of studies", "a color that was studied"],
    ["die Eröffnung der Brücke", "eröffnete Brücken"],
  ])("are the same in %j and %j", (one, other) => {
    expect(new Set(terms(other))).toEqual(new Set(terms(one)));
  });

  test("leave out what says nothing, in English and German", () => {
    expect(terms("please tell me what it is, und was ist das")).toEqual([]);
  });

  test("are read in linear time, whatever a word is", () => {
    expect(terms("a".repeat(1_000_000))).toEqual(["aaaaaa"]);
    expect(terms("ab ".repeat(300_000))).toHaveLength(300_000);
  });
});
