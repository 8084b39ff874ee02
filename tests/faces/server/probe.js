export function mount(root) {
  root.textContent = 'probe';
}
