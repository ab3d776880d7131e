/** How content takes room on a disk. */

const block = 4096;

/** The bytes that content of a size takes on the disk. */
export const blocks = (size: number): number => Math.ceil(size / block) * block;
