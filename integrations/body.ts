/** The text of an answer. Throws once it is longer than `most` bytes, decompressed, and reads no more of it. */
export async function readText(answer: Response, most: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > most) throw new Error('The answer is longer than any that is expected.');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
