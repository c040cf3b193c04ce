/** Where a sensor stands: a city or country by name, coordinates, or a point on the map. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Gazetteer } from '../../api/types';
import { theme } from '../../theme';
import { plain } from '../../ui/Safe';

export interface Position {
  latitude: number | null;
  longitude: number | null;
}

interface Props {
  position: Position;
  gazetteer: Gazetteer | null;
  onChange: (position: Position) => void;
}

const titleOf = ({ city, country }: Gazetteer['places'][number]): string => (city === null ? country : `${city}, ${country}`);

function Map({ position: { latitude, longitude }, onChange }: Omit<Props, 'gazetteer'>) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = theme.value;
  useEffect(() => {
    let isOver = false;
    const draw = async (): Promise<void> => {
      const [{ drawPicker }, { paletteOf }, { world }] = await Promise.all([import('../../map/picker'), import('../../map/palette'), import('../../map/world')]);
      const land = await world('110m');
      const place = latitude === null || longitude === null ? null : ([longitude, latitude] as [number, number]);
      if (!isOver && canvas.current) drawPicker(canvas.current, land, paletteOf(colours), place);
    };
    const observer = new ResizeObserver(() => void draw());
    if (canvas.current) observer.observe(canvas.current);
    return () => {
      isOver = true;
      observer.disconnect();
    };
  }, [latitude, longitude, colours]);
  const point = async (event: MouseEvent): Promise<void> => {
    const { offsetX, offsetY } = event;
    const { pointedAt } = await import('../../map/picker');
    const place = canvas.current && pointedAt(canvas.current, offsetX, offsetY);
    if (place) onChange({ longitude: Number(place[0].toFixed(2)), latitude: Number(place[1].toFixed(2)) });
  };
  const where = latitude === null || longitude === null ? 'no position yet' : `at ${latitude}, ${longitude}`;
  return <canvas class="picker" ref={canvas} role="img" aria-label={`World map, ${where}. Click to choose a place.`} onClick={(event) => void point(event)} />;
}

export function PlacePicker({ position, gazetteer, onChange }: Props) {
  const [typed, setTyped] = useState('');
  const byTitle = useMemo(() => Object.fromEntries((gazetteer?.places ?? []).map((place) => [titleOf(place).toLowerCase(), place])), [gazetteer]);
  const type = (text: string): void => {
    setTyped(text);
    const found = byTitle[text.trim().toLowerCase()];
    if (found) onChange({ latitude: found.latitude, longitude: found.longitude });
  };
  const coordinate = (axis: keyof Position, text: string): void => {
    const value = text.trim() === '' ? null : Number(text);
    onChange({ ...position, [axis]: value === null || Number.isFinite(value) ? value : null });
  };
  return (
    <fieldset class="place">
      <legend>Position on the map</legend>
      <div class="place-fields">
        <label class="field">
          City or country
          <input list="places" value={typed} onInput={(event) => type(event.currentTarget.value)} placeholder="Frankfurt, Germany" autocomplete="off" spellcheck={false} />
        </label>
        <datalist id="places">
          {gazetteer?.places.map((place) => (
            <option key={titleOf(place)} value={plain(titleOf(place), 80)} />
          ))}
        </datalist>
        <label class="field field-number">
          Latitude
          <input type="number" min="-90" max="90" step="any" value={position.latitude ?? ''} onInput={(event) => coordinate('latitude', event.currentTarget.value)} />
        </label>
        <label class="field field-number">
          Longitude
          <input type="number" min="-180" max="180" step="any" value={position.longitude ?? ''} onInput={(event) => coordinate('longitude', event.currentTarget.value)} />
        </label>
      </div>
      <Map position={position} onChange={onChange} />
      <p class="hint">Without one the sensor is drawn where this installation is at home.</p>
    </fieldset>
  );
}
