// The encoders alone: what the package's entry brings along besides, to draw them in a page, is most of it.
declare module 'jsbarcode/bin/barcodes/*' {
  type Code = new (
    data: string,
    options: { flat: boolean },
  ) => {
    valid(): boolean;
    /** Bars and gaps as 1 and 0, a module each. */
    encode(): { readonly data: string };
  };
  export const CODE39: Code;
  export const CODE128: Code;
  export const EAN8: Code;
  export const EAN13: Code;
  export const UPC: Code;
  export const ITF14: Code;
}
