/** Where it came from and where it went, for people who would rather look than read. */
import { useEffect, useRef } from 'preact/hooks';
import type { Sensor, TransactionDetail } from '../../api/types';
import type { Way } from '../../map/inset';
import { theme } from '../../theme';
import { useLoad } from '../../ui/load';
import { plain } from '../../ui/Safe';

function wayOf({ row, transaction }: TransactionDetail, sensor: Sensor | undefined): Way | null {
  const { latitude = null, longitude = null } = row.place ?? transaction.place ?? {};
  if (latitude === null || longitude === null || !sensor || sensor.latitude === null || sensor.longitude === null) return null;
  return { from: [longitude, latitude], to: [sensor.longitude, sensor.latitude], category: row.category };
}

export function Inset({ detail }: { detail: TransactionDetail }) {
  const { value } = useLoad<{ sensors: Sensor[] }>('sensors');
  const canvas = useRef<HTMLCanvasElement>(null);
  const sensor = value?.sensors.find(({ name }) => name === detail.row.sensor);
  const way = wayOf(detail, sensor);
  const colours = theme.value;
  const key = way && JSON.stringify(way);
  useEffect(() => {
    if (!way) return undefined;
    let isOver = false;
    const observer = new ResizeObserver(() => void draw());
    const draw = async (): Promise<void> => {
      const [{ drawInset }, { paletteOf }, { world }] = await Promise.all([
        import('../../map/inset'), import('../../map/palette'), import('../../map/world'),
      ]);
      const land = await world('110m');
      if (!isOver && canvas.current) drawInset(canvas.current, land, paletteOf(colours), way);
    };
    if (canvas.current) observer.observe(canvas.current);
    return () => {
      isOver = true;
      observer.disconnect();
    };
  }, [key, colours]);
  if (!way) return null;
  const place = detail.row.place;
  const from = [place?.city, place?.country_name ?? place?.country].filter(Boolean).join(', ') || 'the client';
  return (
    <figure class="inset">
      <canvas ref={canvas} role="img" aria-label={`Map: from ${plain(from, 80)} to the sensor ${plain(sensor?.label || detail.row.sensor, 60)}`} />
    </figure>
  );
}
