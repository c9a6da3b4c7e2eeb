/** Which markers of sends are believed: they come with the address, and whoever has one can make more of them up. */
export type Sends = {
  /** Whether a marker is one of those a link has in this hour; `now` is in ms since 1970. */
  believes(link: string, send: string, now: number): boolean;
};

const HOUR_MS = 3_600_000;
const MAX_SENDS = 200;
const MAX_LINKS = 10_000;
// What holds an @ is somebody's address that a platform filled in.
const SEND = /^[^@]{1,60}$/;

/** Believes the first two hundred markers of a link in every hour, in this process. */
export function createSends(): Sends {
  const sends = new Map<string, Set<string>>();
  let hour = 0;
  return {
    believes(link, send, now) {
      if (!SEND.test(send)) return false;
      const current = Math.floor(now / HOUR_MS);
      if (current !== hour || sends.size > MAX_LINKS) {
        sends.clear();
        hour = current;
      }
      const known = sends.get(link) ?? new Set();
      sends.set(link, known);
      if (known.size < MAX_SENDS) known.add(send);
      return known.has(send);
    },
  };
}
