import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { messages } from '../messages.ts';
import classes from './side-panel.module.css';

/** A question in the middle of the window. Escape closes it; focus returns where it was. */
export function SmallDialog({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Modal.Root opened centered onClose={onClose} transitionProps={INSTANT}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Header role="presentation">
          <Modal.Title className={classes.title ?? ''}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={messages.common.close} />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

const INSTANT = { duration: 0 } as const;
