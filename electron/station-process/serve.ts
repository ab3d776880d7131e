import { CALLS } from '../../src/contract.ts';
import type { CallName, StationApi } from '../../src/contract.ts';
import { StationError, asStationError } from '../../src/model/station-error.ts';
import type { Answer, FromStation, ToStation } from '../messages.ts';

/** Answers one call of main's with the station's answer or its error. Never rejects. */
export async function answerCall(
  station: StationApi,
  message: Extract<ToStation, { type: 'call' }>,
): Promise<Extract<FromStation, { type: 'answer' }>> {
  return { type: 'answer', id: message.id, answer: await answer(station, message.method, message.params) };
}

async function answer(station: StationApi, method: string, params: unknown): Promise<Answer> {
  try {
    if (!isCall(method)) throw new StationError('station/usage', { detail: `There is no call ${method}.` });
    return { ok: true, value: await station.call(method, params as never) };
  } catch (error) {
    return { ok: false, error: asStationError(error).toReport() };
  }
}

function isCall(method: string): method is CallName {
  return Object.hasOwn(CALLS, method);
}
