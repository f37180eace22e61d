/** Two lines for a reader: the cause, and what to do. */
export interface Explanation {
  readonly why: string;
  readonly do: string;
}
