/** The settings of a serial line. */

/** What `stty` sets. */
export interface Termios {
  icanon: boolean;
  echo: boolean;
  echoe: boolean;
  echok: boolean;
  echoctl: boolean;
  isig: boolean;
  icrnl: boolean;
  inlcr: boolean;
  igncr: boolean;
  opost: boolean;
  onlcr: boolean;
  ixon: boolean;
  ixoff: boolean;
}

/** As agetty leaves a line. */
export const sane: Readonly<Termios> = {
  icanon: true,
  echo: true,
  echoe: true,
  echok: true,
  echoctl: true,
  isig: true,
  icrnl: true,
  inlcr: false,
  igncr: false,
  opost: true,
  onlcr: true,
  ixon: true,
  ixoff: true,
};
