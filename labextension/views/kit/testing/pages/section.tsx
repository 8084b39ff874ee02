import type { ComponentChildren, JSX } from '../..';

/** One part of the kit with its name above it. */
export function Section({
  title,
  children
}: {
  title: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section data-part={title} style={{ marginBlock: '12px' }}>
      <h2 style={{ color: 'var(--lw-muted)', marginBlockEnd: '4px' }}>
        {title}
      </h2>
      {children}
    </section>
  );
}
