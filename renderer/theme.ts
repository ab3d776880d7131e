import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const steel: MantineColorsTuple = [
  '#eef4fb',
  '#d9e6f5',
  '#b3cdea',
  '#8ab2df',
  '#679bd5',
  '#4c8ac9',
  '#347abd',
  '#2369ab',
  '#185796',
  '#0f4478',
];

/** Neutral greys with a breath of blue; the dark scheme's surfaces. */
const dark: MantineColorsTuple = [
  '#e3e9ef',
  '#c3ccd6',
  '#a9b5c1',
  '#7d8a98',
  '#46535f',
  '#34404b',
  '#262f38',
  '#1c242c',
  '#151b21',
  '#0e1318',
];

const gray: MantineColorsTuple = [
  '#f6f8fa',
  '#edf1f4',
  '#e0e6eb',
  '#ced7de',
  '#b4c0ca',
  '#8795a2',
  '#5c6b79',
  '#45525f',
  '#303b46',
  '#1b242d',
];

const FONT =
  'Inter, "Segoe UI Variable Text", "Segoe UI", Roboto, "Helvetica Neue", Cantarell, "Noto Sans", "Liberation Sans", system-ui, sans-serif';
const MONOSPACE =
  '"Cascadia Mono", "JetBrains Mono", Consolas, Menlo, "Noto Sans Mono", "DejaVu Sans Mono", monospace';

/**
 * Large controls (48 px at least: gloves, touch screens) and the system's own fonts. The variables that Mantine derives
 * from this theme are in `theme.css`, a file, since the window's policy allows no style elements; a test keeps the two equal.
 */
export const theme = createTheme({
  primaryColor: 'steel',
  primaryShade: 8,
  colors: { steel, dark, gray },
  black: '#15202b',
  fontFamily: FONT,
  fontFamilyMonospace: MONOSPACE,
  headings: { fontFamily: FONT, fontWeight: '650' },
  defaultRadius: 'md',
  radius: { xs: '2px', sm: '4px', md: '8px', lg: '12px', xl: '24px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'lg' } },
    ActionIcon: { defaultProps: { size: 48 } },
    CloseButton: { defaultProps: { size: 48 } },
    TextInput: { defaultProps: { size: 'lg' } },
    Textarea: { defaultProps: { size: 'lg' } },
    NumberInput: { defaultProps: { size: 'lg' } },
    PasswordInput: { defaultProps: { size: 'lg' } },
    FileInput: { defaultProps: { size: 'lg' } },
    Select: { defaultProps: { size: 'lg' } },
    Checkbox: { defaultProps: { size: 'lg' } },
    Radio: { defaultProps: { size: 'lg' } },
    Switch: { defaultProps: { size: 'lg' } },
    SegmentedControl: { defaultProps: { size: 'lg' } },
    // Locking the page's scroll needs a style element; the page itself never scrolls.
    ModalRoot: { defaultProps: { lockScroll: false } },
    DrawerRoot: { defaultProps: { lockScroll: false } },
  },
});

/** Where Mantine's own choice is too pale to be read (WCAG 2.2 AA asks for 4.5:1). */
export const cssVariables: CSSVariablesResolver = (merged) => ({
  variables: {},
  light: {
    '--mantine-color-error': merged.colors.red[9],
    '--mantine-color-placeholder': merged.colors.gray[6],
  },
  dark: {
    '--mantine-color-body': merged.colors.dark[8],
    '--mantine-color-error': merged.colors.red[4],
    '--mantine-color-placeholder': merged.colors.dark[2],
  },
});
