import type { Warning } from 'graftwork';
import { english, find, ofAddress, type Choice } from './backbones';

const KEY = 'graftwork-backbone';

/** The backbone that the page works with. */
class Chosen {
  it = $state.raw<Choice>(ofAddress ?? find(stored()) ?? english);

  /** Whether the visitor may choose: the address may have done so. */
  readonly isFree = ofAddress === undefined;

  /** Whether the adapters that come with the page are for it; of one that it knows nothing about, the engine says so for each. */
  get hasShipped(): boolean {
    return !this.isFree || this.it === english;
  }

  /** What an adapter that is made now remembers. */
  get mark(): { backbone?: string } {
    return this.it.id === english.id ? {} : { backbone: this.it.id };
  }

  /** Whether it answers with an adapter that remembers this: nothing, where there was one backbone only. */
  isOf(backbone: string = english.id): boolean {
    return !this.isFree || backbone === this.it.id;
  }

  /** The warnings that are worth telling. */
  told(warnings: readonly Warning[]): Warning[] {
    return warnings.filter(({ type }) => type !== 'uncovered' || this.it.reads.foreign !== undefined);
  }

  set(choice: Choice): void {
    this.it = choice;
    try {
      localStorage.setItem(KEY, choice.id);
    } catch {
      // Then it is chosen until the page is left.
    }
  }
}

function stored(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** What to say of an adapter that another backbone was taught. */
export function taughtOn(backbone: string | undefined): string {
  return `taught on ${find(backbone)?.title ?? `another model, ${backbone}`}`;
}

export const chosen = new Chosen();
