/** Writes what the window looks like into its file. A full disk must keep nobody from closing the window or from changing its looks. */
export function keep(write: () => void): void {
  try {
    write();
  } catch (error) {
    console.error('What the window looks like cannot be kept:', error);
  }
}
