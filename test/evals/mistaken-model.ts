/** What the committed cassette was recorded from: a model by a script, which makes the mistakes that real ones make. */
import { type FixtureFileResponse, LLMock } from "@copilotkit/aimock";
import { calling } from "../llm/scripted-model.ts";

const sum = (id: string, expression: string) => calling([id, "calculator", JSON.stringify({ expression })]);
const say = (content: string): FixtureFileResponse => ({ content });

/** A question's first words -> its replies, in order. */
const replies: Readonly<Record<string, readonly FixtureFileResponse[]>> = {
  "How many eggs": [calling(["eggs_1", "calculator", "expression = 3 * 12"]), sum("eggs_2", "3 * 12"), say("36.")],
  "How many seconds": [
    calling(["day_1", "calculate", '{"expression":"24 * 60 * 60"}']),
    sum("day_2", "24 * 60 * 60"),
    say("A day has 86,400 seconds."),
  ],
  "What do seven": [
    calling(["tickets_1", "calculator", '{"formula":"7 * 12.50"}']),
    sum("tickets_2", "7 * 12.50"),
    say("Seven tickets cost 87.50."),
  ],
  "What do 12": [sum("apples_1", "12 apples * 3 euros"), sum("apples_2", "12 * 3"), say("They cost 36 euros.")],
  "Wie viel": [sum("third_1", "729 / 3"), sum("third_2", "729 / 3"), say("Ein Drittel von 729 ist 243.")],
  "Which is more": [
    calling(["more_1", "calculator", '{"expression":"2^16"}'], ["more_2", "calculator", '{"expression":"255 * 257"}']),
    say("2^16 is more: it is 65536, and 255 * 257 is 65535."),
  ],
  "What is the capital": [say("Oslo.")],
  "A room": [sum("floor_1", "4.2 * 3.5"), sum("floor_2", "14.7 * 29.90"), say("The floor costs 439.53.")],
  "What is the square root": [sum("root_1", "sqrt(2)"), sum("root_2", "2^0.5"), sum("root_3", "sqrt(2) * 1")],
  "Square the numbers": [
    calling(
      ...Array.from(
        { length: 40 },
        (_, index) => [`square_${index + 1}`, "calculator", `{"expression":"${index + 1}^2"}`] as const,
      ),
    ),
  ],
};

export async function mistakenModel(): Promise<{ url: string } & AsyncDisposable> {
  const server = new LLMock({ port: 0, chunkSize: 4 });
  for (const [question, turns] of Object.entries(replies))
    for (const [turnIndex, reply] of turns.entries())
      server.on({ userMessage: new RegExp(`^${question}`), turnIndex }, reply);
  return { url: `${await server.start()}/v1`, [Symbol.asyncDispose]: () => server.stop() };
}
