import { makeBridge } from './bridge.ts';
import { makeCodec } from './codec.ts';
import { makeRendererElectron } from './preload.ts';

/** The isolated world's name and the binding that it alone has. */
export const PRELOAD_WORLD = 'electron-preload';
export const BINDING = '__standinSend';
export const RECEIVER = '__standinReceive';

const wire = `{
  send: (event, detail) => window.dispatchEvent(new CustomEvent(event, { detail })),
  listen: (event, listener) => window.addEventListener(event, (e) => { e.stopImmediatePropagation(); listener(e.detail); }),
}`;
const shared = `const makeCodec = ${makeCodec.toString()}; const makeBridge = ${makeBridge.toString()};`;

/** Runs in the page's own world before its scripts: puts what the preload exposes on `window`, frozen. */
export const pageScript = `if (window === window.top) (() => { ${shared}
  const freeze = (value) => {
    if (value && (typeof value === 'object' || typeof value === 'function') && !ArrayBuffer.isView(value)) {
      if (typeof value === 'object') Object.values(value).forEach(freeze);
      Object.freeze(value);
    }
    return value;
  };
  // A page's own window is refused here, as Electron does: null at once, and the app is asked about the URL.
  const ask = (url) => window.dispatchEvent(new CustomEvent('standin:open', { detail: new URL(url, location.href).href }));
  window.open = (url = 'about:blank') => (ask(url), null);
  window.addEventListener('click', (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement && node.href !== '');
    if (event.defaultPrevented || link === undefined || ['', '_self', '_top', '_parent'].includes(link.target)) return;
    event.preventDefault();
    ask(link.href);
  });
  const bridge = makeBridge('page', ${wire}, makeCodec);
  bridge.onExpose((key, api) => Object.defineProperty(window, key, { value: freeze(api), enumerable: true }));
})();`;

/** Runs in the isolated world: the preload with Electron's sandboxed `require` and `process`. */
export function preloadScript(source: string, processFields: object): string {
  return `if (window === window.top) (() => { ${shared}
  const makeRendererElectron = ${makeRendererElectron.toString()};
  const send = globalThis.${BINDING};
  const { electron, receive } = makeRendererElectron(makeCodec(), makeBridge('preload', ${wire}, makeCodec), send);
  globalThis.${RECEIVER} = receive;
  window.addEventListener('resize', () => send('["resized",0,"",""]'));
  window.addEventListener('standin:open', (event) => send(JSON.stringify(['open', 0, event.detail, ''])));
  const require = (name) => {
    if (name === 'electron' || name === 'electron/renderer') return electron;
    throw new Error('module not found: ' + name);
  };
  const module = { exports: {} };
  (function (require, module, exports, process) { ${source}
  })(require, module, module.exports, ${JSON.stringify(processFields)});
})();`;
}
