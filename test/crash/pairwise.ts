/**
 * A set of combinations in which every pair of values of any two factors comes together at least once. Greedy: each new
 * combination takes the value of each factor that brings most pairs which have not been.
 */
export function pairwise<T extends Record<string, readonly unknown[]>>(
  factors: T,
): readonly { readonly [K in keyof T]: T[K][number] }[] {
  const names = Object.keys(factors) as (keyof T & string)[];
  const missing = new Set<string>();
  const key = (a: number, x: number, b: number, y: number): string =>
    a < b ? `${a}.${x} ${b}.${y}` : `${b}.${y} ${a}.${x}`;
  const size = (factor: number): number => factors[names[factor]!]!.length;
  for (let a = 0; a < names.length; a += 1)
    for (let b = a + 1; b < names.length; b += 1)
      for (let x = 0; x < size(a); x += 1) for (let y = 0; y < size(b); y += 1) missing.add(key(a, x, b, y));
  const made: number[][] = [];
  while (missing.size > 0) {
    const [first = ''] = missing;
    const chosen = new Map(
      first.split(' ').map((part) => part.split('.').map(Number) as [factor: number, value: number]),
    );
    for (let factor = 0; factor < names.length; factor += 1) {
      if (chosen.has(factor)) continue;
      const gain = (value: number): number =>
        [...chosen].filter(([other, taken]) => missing.has(key(factor, value, other, taken))).length;
      const values = Array.from({ length: size(factor) }, (_, value) => value);
      // Where no value brings more than another, they take turns.
      const turned = values.map((value) => (value + made.length) % values.length);
      chosen.set(
        factor,
        turned.reduce((best, value) => (gain(value) > gain(best) ? value : best)),
      );
    }
    const row = names.map((_, factor) => chosen.get(factor) ?? 0);
    for (let a = 0; a < row.length; a += 1)
      for (let b = a + 1; b < row.length; b += 1) missing.delete(key(a, row[a]!, b, row[b]!));
    made.push(row);
  }
  return made.map(
    (row) =>
      Object.fromEntries(row.map((value, factor) => [names[factor], factors[names[factor]!]![value]])) as {
        readonly [K in keyof T]: T[K][number];
      },
  );
}
