import {
  convertCssVariables,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from '@mantine/core';
import { expect, test } from 'vitest';
import { cssVariables, theme } from '../../renderer/theme.ts';

type Variables = Record<string, string>;

function changed(own: Variables, before: Variables): Variables {
  return Object.fromEntries(Object.entries(own).filter(([name, value]) => before[name] !== value));
}

// The window's content policy allows no style elements, so what Mantine would put into one is a file. After a change of
// the theme: npx vitest run test/renderer/theme.test.ts -u
test('theme.css holds what Mantine derives from the theme', async () => {
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const own = defaultCssVariablesResolver(merged);
  const extra = cssVariables(merged);
  const before = defaultCssVariablesResolver(DEFAULT_THEME);
  const css = convertCssVariables(
    {
      variables: changed({ ...own.variables, ...extra.variables }, before.variables),
      light: changed({ ...own.light, ...extra.light }, before.light),
      dark: changed({ ...own.dark, ...extra.dark }, before.dark),
    },
    ':root',
  );
  const text = css
    .replaceAll('{', ' {\n  ')
    .replaceAll(';', ';\n  ')
    .replaceAll(/\s*\}\s*/g, '\n}\n');
  await expect(`/* Made of theme.ts by its test; edit that. */\n${text.trim()}\n`).toMatchFileSnapshot(
    '../../renderer/theme.css',
  );
});
