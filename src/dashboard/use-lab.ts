import { useEffect, useState } from 'preact/hooks';
import type { LabAction, LabView } from '../feed/lab-view.ts';
import { count } from './model/figures.ts';

/** The lab that the control plane runs in, and what can be done to it. */
export interface Lab {
  readonly view: LabView;
  /** What became of what was asked last; empty: nothing was asked. */
  readonly outcome: string;
  readonly isError: boolean;
  act(action: LabAction): void;
}

const everyMs = 1_000;
/** Longer than its server waits for the lab. */
const patienceMs = 40_000;

/** Whether the control plane runs in a lab: its server says so in the page. */
const hasLab = document.getElementById('app')?.dataset.lab !== undefined;

const nothing = { view: { deployments: [], pods: [] } as LabView, outcome: '', isError: false };

/** The lab as it is, asked for once a second; undefined where there is none. */
export function useLab(): Lab | undefined {
  const [state, setState] = useState(nothing);
  const look = async (): Promise<void> => {
    // What is wrong with the connection stands over every page.
    const view = await ask<LabView>().catch(() => undefined);
    if (view !== undefined) setState((before) => ({ ...before, view }));
  };
  useEffect(() => {
    if (!hasLab) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const watch = async (): Promise<void> => {
      await look();
      if (!isOver) timer = setTimeout(watch, everyMs);
    };
    void watch();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);
  if (!hasLab) return undefined;
  return {
    ...state,
    act(action) {
      const say = (outcome: string, isError: boolean): void => setState((before) => ({ ...before, outcome, isError }));
      void ask(action)
        .then(look)
        .then(
          () => say(done(action), false),
          (error: unknown) => say(`${action.name}: ${error instanceof Error ? error.message : error}`, true),
        );
    },
  };
}

/** @throws Error with what the server says is wrong */
async function ask<Answer>(action?: LabAction): Promise<Answer> {
  const answer = await fetch('lab', {
    signal: AbortSignal.timeout(patienceMs),
    ...(action !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(action),
    }),
  });
  const body = (await answer.json()) as Answer & { error?: string };
  if (!answer.ok) throw new Error(body.error ?? `status ${answer.status}`);
  return body;
}

function done(action: LabAction): string {
  const { name } = action;
  switch (action.do) {
    case 'kill':
      return `${name} was killed; the lab starts it again.`;
    case 'freeze':
      return `${name} is frozen: its connections stay, and it answers nothing.`;
    case 'thaw':
      return `${name} goes on.`;
    case 'roll':
      return `${name}: its pods are being replaced one after the other.`;
    case 'scale':
      return `${name} is to have ${count(action.replicas, 'pod')}.`;
  }
}
