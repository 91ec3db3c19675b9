/** An adapter that comes with the page. Figures: public/adapters/README.md says how they were measured. */
export interface Shipped {
  id: string;
  title: string;
  /** What it tells apart. */
  question: string;
  file: string;
  sha256: string;
  bytes: number;
  /** Held-out texts, and the share of them that it labels right. */
  tested: number;
  accuracy: number;
  /** What it learned from. */
  data: { name: string; by: string; licence: string; url: string };
  samples: string[];
}

export { shipped } from './shipped-list';
