/** Hears a worker: its messages, and why it has ended if it has, which is shown and need not be in the console too. */
export function hearWorker<Event>(
  worker: Worker,
  onMessage: (event: Event) => void,
  onDeath: (reason: string) => void,
): void {
  worker.onmessage = ({ data }: MessageEvent<Event>) => onMessage(data);
  worker.onmessageerror = () => onDeath('a message could not be read');
  worker.onerror = (event) => {
    event.preventDefault();
    onDeath(event.message || 'it could not be loaded');
  };
}
