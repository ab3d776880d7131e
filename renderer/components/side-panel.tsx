import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import { messages } from '../messages.ts';
import classes from './side-panel.module.css';

/** A panel over the right of the bench: what it covers goes on behind it. Escape closes it; focus returns where it was. */
export function SidePanel({
  title,
  wide = false,
  onClose,
  children,
}: {
  readonly title: string;
  readonly wide?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Drawer.Root
      opened
      position="right"
      size={wide ? 820 : 560}
      onClose={onClose}
      transitionProps={INSTANT}
      classNames={{ content: classes.content ?? '' }}
    >
      <Drawer.Overlay />
      <Drawer.Content>
        <Drawer.Header role="presentation" className={classes.header ?? ''}>
          <Drawer.Title className={classes.title ?? ''}>{title}</Drawer.Title>
          <Drawer.CloseButton aria-label={messages.common.close} />
        </Drawer.Header>
        <Drawer.Body tabIndex={0} className={classes.body ?? ''}>
          {children}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

const INSTANT = { duration: 0 } as const;
