/** Statements that run once, in order, in one transaction; of one database where the other has no need of them, or no words in common. */
export type Migration = readonly (string | { readonly sqlite?: string; readonly postgres?: string })[];
