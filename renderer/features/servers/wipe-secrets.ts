/** Empties the fields of a form that held something secret. */
export function wipeSecrets(form: HTMLFormElement): void {
  for (const name of ['password', 'again', 'otp', 'token']) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = '';
  }
}
