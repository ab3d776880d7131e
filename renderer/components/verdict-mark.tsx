import type { ReactNode } from 'react';
import type { Verdict } from '../../src/model/job.ts';

/**
 * The verdict's shape: each has its own outline, so that it is told without colour and from afar. Circle: pass; octagon:
 * fail; square: already; triangle: stopped.
 */
const SHAPES: Record<Verdict, { readonly outline: ReactNode; readonly sign: ReactNode }> = {
  pass: {
    outline: <circle cx="32" cy="32" r="29" />,
    sign: <path d="M18 33l10 10 18-21" />,
  },
  fail: {
    outline: <path d="M20 3h24l17 17v24L44 61H20L3 44V20z" strokeLinejoin="round" />,
    sign: <path d="M22 22l20 20M42 22L22 42" />,
  },
  already: {
    outline: <rect x="4" y="4" width="56" height="56" rx="10" />,
    sign: <path d="M12 34l9 9 16-20M33 41l3 3 16-20" strokeWidth="6" />,
  },
  stopped: {
    outline: <path d="M32 5L61 57H3z" strokeLinejoin="round" />,
    sign: <path d="M26 30v17M38 30v17" />,
  },
};

export function VerdictMark({
  verdict,
  size,
}: {
  readonly verdict: Verdict;
  readonly size: number;
}): ReactNode {
  const { outline, sign } = SHAPES[verdict];
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 64 64"
      data-mark={verdict}
    >
      <g className="mark-outline" strokeWidth="4">
        {outline}
      </g>
      <g className="mark-sign" fill="none" strokeWidth="7" strokeLinecap="round" strokeLinejoin="round">
        {sign}
      </g>
    </svg>
  );
}
