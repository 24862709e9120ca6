/** Which sentences claim something: the others (greetings, offers, questions back, admissions) need no source. */
import { names, numbers, terms } from "./terms.ts";

const greetings = new Set(
  terms(`hello hi hey welcome thanks thank good morning evening day goodbye bye nice meet sorry great okay ok
  hallo guten tag morgen abend danke dank vielen schon gern gerne willkommen tschuss entschuldigung hola gracias ciao grazie bonjour
  merci salut`),
);
/** Terms of sentences that claim nothing: greetings, offers, what leads over to something. */
const courtesies = greetings.union(
  new Set(
    terms(`glad happy pleasure sure course fine well help assist ask question anything something else need let know
    want like here following found find according based document answer source summary short today feel free further
    helfen hilfe frage fragen heute folgende laut dokument antwort gut`),
  ),
);
const admission =
  /^\W*(?:i (?:do not|don't|cannot|can't|could not|couldn't)|(?:neither )?the documents? (?:do|does|did)(?: not|n't)|ich (?:weiß|kann|konnte)\b.*\bnicht\b|das weiß ich nicht)/i;

/** True for a sentence that says what it does not know, or cannot do. */
export function isAdmission(sentence: string): boolean {
  return admission.test(sentence);
}

/** A heading, which ends in no full stop; a line in bold type; the head of a table, with the line that parts it from the body. */
const title = /^#{1,6}\s.*(?<!\.)$|^\*\*[^*\n]+\*\*:?$|^.*\|.*\n[ \t]*\|?[ :|-]*-[ :|-]*$/;

/** True for what is nothing but a title: what it stands over is what claims something. */
export function isTitle(sentence: string): boolean {
  return title.test(sentence);
}

/** How a question begins that goes on from what was said: "And why?" */
const goingOn = /^\W*(?:and|but|then|why|und|aber|dann|warum|wieso|weshalb)\b/i;

/** True for a message that greets, thanks, or has no words that say what it is about ("Who are you?"). */
export function isGreeting(text: string): boolean {
  return !goingOn.test(text) && numbers(text).length === 0 && terms(text).every((term) => greetings.has(term));
}

/** Greetings, questions back and admissions say nothing that could be wrong, as long as they name nothing. */
export function isNoClaim(sentence: string): boolean {
  if (numbers(sentence).length > 0) return false;
  if (terms(sentence).every((term) => courtesies.has(term))) return true;
  if (names(sentence).length > 0) return false;
  return terms(sentence).length <= 12 && (isAdmission(sentence) || /[?？]$/.test(sentence));
}
