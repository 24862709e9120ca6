/** What the graphs of the bench say, known to those who check it. */

export const emptyAnswer = "done";
/** Tool calls of one ReAct run: with the model's turns around them, five supersteps. */
export const reactToolCalls = 2;
export const reactAnswer = "The sum is 42.";
/** What each turn of the slow model takes, in ms: less than any hosted one. */
export const slowTurnMs = 50;
/** Tokens of one streamed answer: a long paragraph. */
export const tokensPerAnswer = 256;
/** The paced answer, as a fast hosted model gives it: a token every 20 ms. */
export const pacedTokens = 16;
export const pacedPauseMs = 20;
