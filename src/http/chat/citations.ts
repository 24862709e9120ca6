/**
 * What an answer cites, and what its graph has read for it: beside its message as the graph says it, and the citations
 * in OpenAI's form too, an annotation for each marker.
 */
import { z } from "zod";

const Passages = z.array(z.looseObject({ marker: z.int(), source: z.string(), title: z.string() }));
const Said = z.object({ citations: Passages, retrieved: Passages.default([]) });

/** The fields of a message, or of a stream's last delta, for an answer with citations; none for any other. */
export interface CitationNotice {
  annotations: {
    type: "url_citation";
    /** `url` is the document's source: an address, or a file's path. The indices are those of the marker in the text. */
    url_citation: { url: string; title: string; start_index: number; end_index: number };
  }[];
  citations: z.infer<typeof Passages>;
  retrieved: z.infer<typeof Passages>;
}

/**
 * @param text the answer, with markers such as [1]
 * @param given the `additional_kwargs` of its message, whatever its graph put there
 */
export function citationNotice(text: string, given: unknown): CitationNotice | undefined {
  const { citations, retrieved } = Said.safeParse(given).data ?? { citations: [], retrieved: [] };
  if (citations.length + retrieved.length === 0) return undefined;
  const annotations = [...text.matchAll(/\[(\d{1,4})\]/g)].flatMap(({ 0: mark, 1: marker, index }) => {
    const cited = citations.find((citation) => citation.marker === Number(marker));
    if (!cited) return [];
    const place = { start_index: index, end_index: index + mark.length };
    return [{ type: "url_citation" as const, url_citation: { url: cited.source, title: cited.title, ...place } }];
  });
  return { annotations, citations, retrieved };
}
