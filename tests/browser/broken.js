export function mount() {
  throw new Error('it broke: <b>on purpose</b>');
}
