import Store from 'electron-store';
import type { Rectangle } from 'electron';

export type Theme = 'system' | 'light' | 'dark';

interface WindowState {
  readonly bounds?: Rectangle;
  readonly maximized: boolean;
  readonly theme: Theme;
}

const number = { type: 'number' } as const;

/** `window.json` in the home: where the window was and how it looked. Main alone writes it. */
export function openWindowFile(home: string): Store<WindowState> {
  return new Store<WindowState>({
    cwd: home,
    name: 'window',
    accessPropertiesByDotNotation: false,
    // A file that was cut short or edited by hand must not keep the window from opening.
    clearInvalidConfig: true,
    schema: {
      bounds: {
        type: 'object',
        properties: { x: number, y: number, width: number, height: number },
        required: ['x', 'y', 'width', 'height'],
      },
      maximized: { type: 'boolean', default: false },
      theme: { type: 'string', enum: ['system', 'light', 'dark'], default: 'system' },
    },
  });
}
