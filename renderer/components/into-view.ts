/** A ref for what appears below the fold in answer to something done above it. */
export function intoView(element: Element | null): void {
  element?.scrollIntoView({ block: 'nearest' });
}
