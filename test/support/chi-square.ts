/** Pearson's statistic against equal shares: Σ (n − e)² / e; chi-square with one degree of freedom less than cells. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, n) => sum + n, 0) / counts.length;
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}
