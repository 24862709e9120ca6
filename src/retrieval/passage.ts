/** What the search in documents gives, and what it may be asked. */

/** A part of a document that says something about a question. */
export interface Passage {
  /** The same for as long as its document does not change. */
  id: string;
  /** The file's path, or the URL. */
  source: string;
  title: string;
  text: string;
  /** The headings over it, the outermost first, with " > " between them. */
  heading?: string;
  /** The page on which it begins, from 1. */
  page?: number;
  /** The characters of the document's extracted text: `text` is `extracted.slice(start, end)`. */
  start: number;
  end: number;
  /** 0 to 1: how much of what was asked the passage has, its rare words above all, or how near it is in meaning. */
  score: number;
  /** What was said of the document when it was ingested. */
  metadata: Record<string, unknown>;
}

export interface SearchOptions {
  /** The most passages; 5 unless given. */
  limit?: number | undefined;
  /** Only documents with this in their source or title, ignoring case. */
  source?: string | undefined;
  /** Only documents whose metadata has this. */
  metadata?: Record<string, unknown> | undefined;
  /** Told why meanings were not compared, where embeddings are configured and fail; words were. */
  onProblem?: ((reason: string) => void) | undefined;
}

/** The owner of what everybody may find. No user can have this name: keys are of letters, digits, _ and -. */
export const everybody = "*";
