/** A password chosen: typed twice, with a hint at its strength. */
import { useState } from 'preact/hooks';
import { strengthOf } from '../logic/password';
import { Bar } from './parts';

interface Typed {
  password: string;
  again: string;
}

export interface Chosen {
  password: string;
  /** It may be sent: the server may still refuse it. */
  isReady: boolean;
  typed: Typed;
  type: (typed: Partial<Typed>) => void;
  clear: () => void;
}

const NOTHING: Typed = { password: '', again: '' };

/** The state behind the fields. `name` is whose password it will be. */
export function useNewPassword(name: string): Chosen {
  const [typed, setTyped] = useState(NOTHING);
  return {
    password: typed.password,
    isReady: strengthOf(typed.password, name).level > 0 && typed.again === typed.password,
    typed,
    type: (some) => setTyped({ ...typed, ...some }),
    clear: () => setTyped(NOTHING),
  };
}

interface Props {
  chosen: Chosen;
  name: string;
  label?: string;
  autofocus?: boolean;
}

export function NewPassword({ chosen, name, label = 'Password', autofocus }: Props) {
  const { password, again } = chosen.typed;
  const strength = strengthOf(password, name);
  const differs = again !== '' && again !== password;
  return (
    <>
      <label class="field">
        {label}
        <input type="password" value={password} onInput={(event) => chosen.type({ password: event.currentTarget.value })} autocomplete="new-password" required autofocus={autofocus} aria-describedby="strength" />
      </label>
      <p id="strength" class={`strength strength-${strength.level}`}>
        <Bar part={password === '' ? 0 : Math.max(0.08, strength.level / 4)} />
        <span>{password === '' ? 'a long sentence is best' : strength.label}</span>
      </p>
      <label class="field">
        {label} again
        <input type="password" value={again} onInput={(event) => chosen.type({ again: event.currentTarget.value })} autocomplete="new-password" required aria-invalid={differs} aria-describedby="again" />
      </label>
      <p id="again" class="field-error" aria-live="polite">
        {differs && 'The two passwords differ.'}
      </p>
    </>
  );
}
