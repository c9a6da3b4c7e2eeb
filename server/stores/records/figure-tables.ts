/** What pictures are counted by, five minutes at a time; written as in `Tables`. `at` is the first ms of the five minutes. */
export type FigureTables = {
  /** Pictures of a workspace, by how they came about and how long that took. */
  served: {
    workspace: string;
    at: number;
    outcome: string;
    /** 1 when a recipient saw less than they should, and nobody had meant that. */
    below: 0 | 1;
    /** They took at most so long; see `boundOf`. */
    within_ms: number;
    count: number;
  };
  /** Fields that showed their fallback, and why; a row without a field counts all pictures of the template's links. */
  field_fallbacks: {
    workspace: string;
    at: number;
    template: string;
    field: string;
    reason: string;
    count: number;
  };
};
