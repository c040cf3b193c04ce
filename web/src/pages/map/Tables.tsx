/** The map's data as tables, for people and programs that do not see a canvas. */
import type { MapData } from '../../api/types';
import { categoryLook } from '../../logic/category';
import { relative } from '../../logic/when';
import { second } from '../../ui/tick';
import { whole } from './Counters';

const MOST_PLACES = 100;

interface CountsProps {
  title: string;
  head: string;
  rows: { key: string; name: string; transactions: number; intercepted: number }[];
}

function Counts({ title, head, rows }: CountsProps) {
  return (
    <table class="plain-table">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col" class="number">Transactions</th>
          <th scope="col" class="number">Blocked</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, transactions, intercepted }) => (
          <tr key={key}>
            <th scope="row">{name}</th>
            <td class="number">{whole(transactions)}</td>
            <td class="number">{whole(intercepted)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Tables({ data }: { data: MapData }) {
  const places = [...data.cells].sort((a, b) => b.transactions - a.transactions).slice(0, MOST_PLACES);
  return (
    <section class="tables" aria-label="The map as tables" tabIndex={0}>
      <Counts title="By category" head="Category" rows={data.categories.map((row) => ({ ...row, key: row.category, name: categoryLook(row.category).label }))} />
      <Counts title="By country" head="Country" rows={data.countries.map((row) => ({ ...row, key: row.country }))} />
      <table class="plain-table">
        <caption>Sensors</caption>
        <thead>
          <tr>
            <th scope="col">Sensor</th>
            <th scope="col">Position</th>
            <th scope="col">Last entry</th>
          </tr>
        </thead>
        <tbody>
          {data.sensors.map((sensor) => (
            <tr key={sensor.name}>
              <th scope="row">{sensor.label || sensor.name}</th>
              <td>{sensor.latitude === null ? 'not set' : `${sensor.latitude.toFixed(1)}, ${sensor.longitude?.toFixed(1)}`}</td>
              <td>{sensor.last_entry_at ? relative(Date.parse(sensor.last_entry_at), second.value) : 'never'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Counts
        title="Origins (approximate)"
        head="Place → sensor, category"
        rows={places.map((cell) => ({
          ...cell,
          key: `${cell.latitude},${cell.longitude},${cell.sensor},${cell.category}`,
          name: `${cell.country ?? '–'} ${cell.latitude.toFixed(1)}, ${cell.longitude.toFixed(1)} → ${cell.sensor}, ${categoryLook(cell.category).short}`,
        }))}
      />
    </section>
  );
}
