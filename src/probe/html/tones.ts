import type { Verdict } from '../../verdict/verdict.ts';
import type { Tone } from './page.ts';

/** How good a verdict is. */
export const verdictTone: Readonly<Record<Verdict, Tone>> = {
  balanced: 'good',
  skewed: 'fair',
  partial: 'fair',
  pinned: 'bad',
  inconclusive: 'plain',
};
