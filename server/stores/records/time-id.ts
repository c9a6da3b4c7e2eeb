import { nanoid } from 'nanoid';

/** A new id that sorts by the moment it was made (ms since 1970): 9 characters of time, then chance. */
export const timeId = (now: number): string => now.toString(36).padStart(9, '0') + nanoid(12);
