import { expect, test } from "vitest";
import { ArgumentError, randomOrder } from "../../src/index.ts";

test("an order is a permutation that its seed alone chooses", () => {
  const order = randomOrder(400, 0);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i));
  expect(randomOrder(400, 0n)).toEqual(order);
  expect(randomOrder(400, 1)).not.toEqual(order);
  expect(() => randomOrder(400, -1)).toThrow(ArgumentError);
});
