/** Bytes in memory that is used again once they are given back: by then nobody may look at them any more. */
export type Loan = { readonly bytes: Buffer; giveBack(): void };

// Larger pictures are rare.
const BLOCK_BYTES = 2 ** 18;
const MOST_KEPT = 64;

/**
 * Lends memory for bytes that are soon done with. Memory of their own for each costs a collection of garbage every few
 * hundred pictures, during which nobody is served.
 */
export function createLoans(): { lend(length: number): Loan | undefined } {
  const free: Buffer[] = [];
  return {
    /** Nothing for what is larger than a block. */
    lend(length) {
      if (!(length <= BLOCK_BYTES)) return undefined;
      const block = free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
      let isOut = true;
      return {
        bytes: block.subarray(0, length),
        giveBack() {
          if (isOut && free.length < MOST_KEPT) free.push(block);
          isOut = false;
        },
      };
    },
  };
}
