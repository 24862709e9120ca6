/** Statements that run once, in order, in one transaction; in two versions where the databases have no common words. */
export type Migration = readonly (string | { readonly sqlite: string; readonly postgres: string })[];
