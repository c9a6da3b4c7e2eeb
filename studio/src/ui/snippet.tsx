import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { words } from '../words.ts';

const SAID_MS = 2000;

/** Text to take along with one press; `about` says where it goes. */
export function Snippet({ title, about, text }: { title: string; about: string; text: string }) {
  const [isCopied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(setCopied, SAID_MS, false);
  }
  const says = isCopied ? words.copy.copied : words.copy.copy;
  return (
    <section className="snippet" aria-label={title}>
      <div className="head">
        <div>
          <h2>{title}</h2>
          <p className="about">{about}</p>
        </div>
        <Button className="secondary" aria-label={`${says}: ${title}`} onPress={() => void copy()}>
          {isCopied ? <Check aria-hidden size={16} /> : <Copy aria-hidden size={16} />}
          <span aria-live="polite">{says}</span>
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}
