import { Menu, nativeTheme } from 'electron';
import type { MenuItemConstructorOptions } from 'electron';
import type { Theme } from './window-file.ts';

const THEMES: readonly { readonly theme: Theme; readonly label: string }[] = [
  { theme: 'system', label: 'Theme of the System' },
  { theme: 'light', label: 'Light Theme' },
  { theme: 'dark', label: 'Dark Theme' },
];

interface Actions {
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
  readonly onRestartStation: () => void;
  readonly devTools: boolean;
}

/** Sets the theme and the application's menu, which marks it. `onTheme` is to call this again. */
export function setMenu(actions: Actions): void {
  nativeTheme.themeSource = actions.theme;
  const themes = THEMES.map(({ theme, label }): MenuItemConstructorOptions => ({
    label,
    type: 'radio',
    checked: theme === actions.theme,
    click: () => actions.onTheme(theme),
  }));
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&Station',
      submenu: [
        { label: 'Restart the Station Process', click: actions.onRestartStation },
        { type: 'separator' },
        { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        ...themes,
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(actions.devTools ? [{ type: 'separator' } as const, { role: 'toggleDevTools' } as const] : []),
      ],
    },
    { role: 'windowMenu' },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
