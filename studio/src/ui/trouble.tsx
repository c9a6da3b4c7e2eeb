import { Button } from 'react-aria-components';
import { words } from '../words.ts';

/** What went wrong, in the service's own sentence, and a way to try again. */
export function Trouble({ error, again }: { error: Error; again?: () => void }) {
  return (
    <div className="note warning" role="alert">
      <p>
        <strong>{words.trouble.title}</strong> {error.message}
      </p>
      {again && (
        <Button className="secondary" onPress={again}>
          {words.trouble.again}
        </Button>
      )}
    </div>
  );
}
