/** More steps than anybody goes back. */
const MOST = 200;

interface Step<S> {
  /** What was done, such as “adding 3 examples”. */
  words: string;
  before: S;
}

/** What can be taken back, step by step, and done again. A state is never changed, only replaced: to keep it costs next to nothing. */
export class History<S> {
  past = $state.raw<Step<S>[]>([]);
  future = $state.raw<Step<S>[]>([]);

  /** Notes a step; several of one kind in a row, such as letters of a title, are one. */
  push(words: string, before: S, joined: boolean): void {
    this.future = [];
    if (joined && this.past.at(-1)?.words === words) return;
    this.past = [...this.past.slice(-MOST + 1), { words, before }];
  }

  /** The state before the last step, and what that was. */
  back(now: S): Step<S> | undefined {
    const step = this.past.at(-1);
    if (step === undefined) return undefined;
    this.past = this.past.slice(0, -1);
    this.future = [...this.future, { words: step.words, before: now }];
    return step;
  }

  forward(now: S): Step<S> | undefined {
    const step = this.future.at(-1);
    if (step === undefined) return undefined;
    this.future = this.future.slice(0, -1);
    this.past = [...this.past, { words: step.words, before: now }];
    return step;
  }
}
