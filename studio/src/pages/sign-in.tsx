import { useState } from 'react';
import { Button, FieldError, Form, Input, Label, Text, TextField } from 'react-aria-components';
import { Refused } from '../api/client.ts';
import markUrl from '../mark.svg';
import { useSession } from '../session.tsx';
import { words } from '../words.ts';
import './sign-in.css';

/** Signing in with a key; `said` is why an earlier way did not work. */
export function SignIn({ said }: { said: string | undefined }) {
  const { signIn } = useSession();
  const [key, setKey] = useState('');
  const [fault, setFault] = useState<string>();
  const [isWorking, setWorking] = useState(false);

  async function submit(): Promise<void> {
    setWorking(true);
    setFault(undefined);
    try {
      await signIn(key);
    } catch (error) {
      setFault(error instanceof Refused && error.status === 401 ? words.signIn.wrong : (error as Error).message);
      setWorking(false);
    }
  }

  return (
    <main className="sign-in">
      <title>{`${words.signIn.title} · ${words.product}`}</title>
      <div className="card">
        <p className="brand">
          <img src={markUrl} alt="" width="36" height="36" />
          {words.product}
        </p>
        <h1>{words.signIn.title}</h1>
        <p className="lead">{words.signIn.lead}</p>
        {said !== undefined && (
          <p className="note warning" role="alert">
            {said}
          </p>
        )}
        <Form
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <TextField
            className="field"
            type="password"
            autoComplete="current-password"
            isRequired
            validationBehavior="aria"
            value={key}
            onChange={(value) => {
              setKey(value);
              setFault(undefined);
            }}
            isInvalid={fault !== undefined}
          >
            <Label>{words.signIn.key}</Label>
            <Input />
            <FieldError>{fault}</FieldError>
            <Text slot="description">{words.signIn.help}</Text>
          </TextField>
          <Button className="primary wide" type="submit" isDisabled={key.trim() === '' || isWorking}>
            {isWorking ? words.signIn.working : words.signIn.submit}
          </Button>
        </Form>
      </div>
    </main>
  );
}
