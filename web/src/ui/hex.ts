/** How many bytes there are in a line of a view in hexadecimal: half of them on a phone. */
import { useEffect, useState } from 'preact/hooks';

const NARROW = window.matchMedia('(max-width: 640px)');
const fitting = (): number => (NARROW.matches ? 8 : 16);

export function useHexColumns(): number {
  const [columns, setColumns] = useState(fitting);
  useEffect(() => {
    const adapt = (): void => setColumns(fitting());
    NARROW.addEventListener('change', adapt);
    return () => NARROW.removeEventListener('change', adapt);
  }, []);
  return columns;
}
