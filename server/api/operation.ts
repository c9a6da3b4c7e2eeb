import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { ErrorCode } from '../../core/errors.ts';
import type { Actor, Scope } from '../access/roles.ts';

/**
 * Raw bytes as a body, at most `maxBytes`; their media type is not asked, they are looked at. With `json` a body of JSON
 * is read as such instead, and may be as large.
 */
export type Bytes = { readonly maxBytes: number; readonly mediaTypes: readonly string[]; readonly json?: z.ZodType };

/** A file as an answer: one of these media types, and its bytes; one that `isEndless` goes on until somebody hangs up. */
export type Media = { readonly mediaTypes: readonly string[]; readonly isEndless?: true };
type MediaFile = { readonly mime: string; readonly bytes: Buffer | Readable };

/** Adds a header to the answer. */
type SetHeader = (name: string, value: string) => void;

/** One operation of the API: what the router runs and the OpenAPI document describes come from the same schemas. */
export type Operation = {
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/links/{id}`. */
  readonly path: `/v1/${string}`;
  readonly tag: string;
  readonly summary: string;
  /** What a key must be allowed; see `roles` in access/roles.ts. Any key in force will do without. */
  readonly scope?: Scope;
  /** Only for the installation's own admin key. */
  readonly isOperators?: true;
  /** Its answer holds a secret that is shown once: it is not kept for an Idempotency-Key. */
  readonly showsOnce?: true;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | Bytes | undefined;
  readonly answer: z.ZodType | Media | undefined;
  readonly status: 200 | 201 | 202 | 204;
  /** What it can refuse besides what every operation can. */
  readonly refuses: readonly ErrorCode[];
  run(input: { actor: Actor; params: unknown; query: unknown; body: unknown; setHeader: SetHeader }): Promise<unknown>;
};

const nothing = z.strictObject({});
type Nothing = typeof nothing;

type Typed<P extends z.ZodObject, Q extends z.ZodObject, B, A> = Omit<
  Operation,
  'params' | 'query' | 'body' | 'answer' | 'run' | 'status'
> & {
  readonly status?: Operation['status'];
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer?: A;
  run(input: {
    actor: Actor;
    params: z.output<P>;
    query: z.output<Q>;
    body: B extends z.ZodType ? z.output<B> : B extends { json: z.ZodType } ? Buffer | z.output<B['json']> : Buffer;
    setHeader: SetHeader;
  }): Promise<A extends z.ZodType ? z.input<A> : A extends Media ? MediaFile : undefined>;
};

/** Writes an operation down with the types its schemas give; without an answer it is 204, otherwise 200 by default. */
export function operation<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType | Bytes = Bytes,
  A extends z.ZodType | Media = z.ZodType,
>(typed: Typed<P, Q, B, A>): Operation {
  const { params = nothing, query = nothing, body, answer, status = answer ? 200 : 204, run, ...rest } = typed;
  return { ...rest, params, query, body, answer, status, run: run as Operation['run'] };
}

/** Whether a request may come without its body. */
export const isOptional = (body: z.ZodType): boolean => body.safeParse(undefined).success;

/** Whether an answer is a file. */
export const isMedia = (answer: NonNullable<Operation['answer']>): answer is Media => 'mediaTypes' in answer;

/** Whether a body is raw bytes. */
export const isBytes = (body: Operation['body']): body is Bytes => body !== undefined && 'maxBytes' in body;
