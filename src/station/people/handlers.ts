import type { CallName, CallParams, CallResults } from '../../contract.ts';
import type { BenchPeople } from './people.ts';

type PeopleCall = Extract<CallName, `people.${string}`>;

/** Answers the calls on people. */
export function peopleHandlers(people: () => BenchPeople): {
  readonly [N in PeopleCall]: (params: CallParams<N>) => CallResults[N] | Promise<CallResults[N]>;
} {
  return {
    'people.show': () => people().view(),
    'people.sign-in': (params) => people().signIn(params),
    'people.sign-out': () => people().signOut(),
    'people.lock': () => people().lock(),
    'people.active': () => {
      people().active();
      return null;
    },
    'people.set-pin': async (params) => {
      await people().setPin(params);
      return null;
    },
    'people.add': (params) => people().add(params),
    'people.set': (params) => people().set(params),
    'people.remove': (params) => people().remove(params),
    'people.rules': (params) => people().setRules(params),
  };
}
