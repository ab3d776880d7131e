/** Error numbers of Linux by their names, with the words that C's `strerror` has for them. */
const words = {
  EACCES: 'Permission denied',
  EBADF: 'Bad file descriptor',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENOENT: 'No such file or directory',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  ENOTTY: 'Inappropriate ioctl for device',
  EPERM: 'Operation not permitted',
  EPIPE: 'Broken pipe',
  EROFS: 'Read-only file system',
  EXDEV: 'Invalid cross-device link',
} as const;

/** The name of an error of the operating system. */
export type ErrorName = keyof typeof words;

/** A system call of the simulated board that failed. `message` is what `strerror` says. */
export class SystemError extends Error {
  readonly errno: ErrorName;
  constructor(errno: ErrorName) {
    // A shell that looks along its path makes many of these, and nobody reads where one came from: to note down the
    // stack was a sixth of a simulated board's work.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(words[errno]);
    Error.stackTraceLimit = limit;
    this.name = 'SystemError';
    this.errno = errno;
  }
}
