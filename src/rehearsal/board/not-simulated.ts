/** What a test meets that a simulated board does not have. */

/** A construct that real shells have and this one does not. Always loud: a test that meets it must not pass by luck. */
export class NotSimulated extends Error {
  constructor(what: string) {
    super(`the simulated board does not have ${what}`);
    this.name = 'NotSimulated';
  }
}
