/** Server-sent events out of a text stream, as the WHATWG standard cuts them. */

export interface SseEvent {
  event: string;
  data: string;
  id: string | null;
}

/** Feed it text as it arrives; it gives back the events that are complete. */
export class SseParser {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private id: string | null = null;

  push(text: string): SseEvent[] {
    const found: SseEvent[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const complete = this.line(line);
      if (complete) found.push(complete);
    }
    return found;
  }

  private line(line: string): SseEvent | null {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.event = value;
    else if (name === 'data') this.data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.id = value;
    return null;
  }

  private dispatch(): SseEvent | null {
    const { event, data, id } = this;
    this.event = '';
    this.data = [];
    this.id = null;
    return data.length === 0 ? null : { event: event || 'message', data: data.join('\n'), id };
  }
}
