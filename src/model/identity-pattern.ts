/** Patterns with values of an identity in them. `{attribute}`, with any number of modifiers: `{mac:nocolon:lower}`. */
export const PLACE = /\{([^{}:]+)((?::[a-z]+)*)\}/g;

/** How the spelling of a value may be changed. `nocolon`: `52:54` becomes `5254`; `dash`: `52-54`. */
export const MODIFIERS: Readonly<Record<string, (value: string) => string>> = {
  lower: (value) => value.toLowerCase(),
  upper: (value) => value.toUpperCase(),
  nocolon: (value) => value.replaceAll(':', ''),
  dash: (value) => value.replaceAll(':', '-'),
};
