import '@mantine/core/styles.css';
import './theme.css';
import './base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { stationOver } from './station.ts';
import { createStore } from './store.ts';

const root = document.querySelector('#root');
if (root !== null && window.station !== undefined) {
  const store = createStore(stationOver(window.station));
  void store.load();
  createRoot(root).render(<App store={store} />);
}
