import { row } from './error-row.ts';

const STATION = 'Nothing was changed.';

/** Errors of batches. */
export const BATCH_ERRORS = {
  'batch/unknown': row(
    'There is no batch named {name}.',
    STATION,
    'Look it up in the list (station batch list); one that is to be new is imported (station batch import FILE --name NAME).',
  ),
} as const;
