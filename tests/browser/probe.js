// Hands its host to the tests, and keeps count of what is mounted.
const mounted = (globalThis.probes ??= []);

export function mount(root, host, { signal, kit }) {
  const mark = document.createElement('p');
  mark.textContent = `probe of ${host.state.get('$subject')}`;
  mark.dataset.probe = String(mounted.length);
  root.append(mark);
  const entry = { host, root, signal, kit, ticks: 0, told: [] };
  const timer = setInterval(() => entry.ticks++, 10);
  host.state.on('$changed', () => entry.told.push(host.state.get('$changed')), signal);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    root.replaceChildren();
  });
  mounted.push(entry);
}
