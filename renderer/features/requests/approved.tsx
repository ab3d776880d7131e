import type { ReactNode } from 'react';
import type { RekeyApprovalReport, RekeyRequestView } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { Icon } from '../../components/icon.tsx';
import { intoView } from '../../components/into-view.ts';
import { SaveButton } from '../../components/save-button.tsx';
import { fileName, identityText } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useStore } from '../../store.ts';
import { saveStationFile } from './station-file.ts';
import classes from './requests.module.css';

/** What was done on the server, and the file with which the laptop goes on. */
export function Approved({
  view,
  done,
  onError,
}: {
  readonly view: RekeyRequestView;
  readonly done: RekeyApprovalReport;
  readonly onError: (error: ErrorReport | null) => void;
}): ReactNode {
  const { station } = useStore();
  const text = messages.requests.approve;
  return (
    <section className={classes.section} aria-label={text.title} ref={intoView}>
      <p className={classes.done} role="status">
        <Icon name="check" size={32} />
        {done.tidied ? text.done.tidied : text.done[done.how]}
      </p>
      {done.tidied ? null : (
        <>
          <p>{text.doneNext}</p>
          <div>
            <SaveButton
              label={text.save}
              saved={text.saved}
              primary
              save={() =>
                saveStationFile(
                  station,
                  fileName('station-approval', identityText(view.identity), 'json'),
                  done.file,
                )
              }
              onError={onError}
            />
          </div>
        </>
      )}
    </section>
  );
}
