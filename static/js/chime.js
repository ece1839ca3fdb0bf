/** The sound of the bell: three partials that die away in 0.9 s, made by Web Audio. */

const PARTIALS = [
  { hertz: 987.77, gain: 0.5, seconds: 0.9 },
  { hertz: 1975.5, gain: 0.18, seconds: 0.55 },
  { hertz: 2963.3, gain: 0.07, seconds: 0.3 },
];
const ATTACK = 0.006;
const SILENT = 0.0001;

let context = null;

/** The audio context, made when it is first needed; null where there is no Web Audio. */
export function audio() {
  if (!context && globalThis.AudioContext) context = new AudioContext();
  return context;
}

/** True when the browser lets this page be heard. */
export const audible = () => context?.state === "running";

/** Rings once at `volume` (0 to 1). */
export function chime(volume) {
  const start = context.currentTime;
  for (const { hertz, gain, seconds } of PARTIALS) {
    const tone = new OscillatorNode(context, { frequency: hertz });
    const level = new GainNode(context, { gain: SILENT });
    level.gain.exponentialRampToValueAtTime(Math.max(SILENT, gain * volume), start + ATTACK);
    level.gain.exponentialRampToValueAtTime(SILENT, start + seconds);
    tone.connect(level).connect(context.destination);
    tone.start(start);
    tone.stop(start + seconds);
  }
}
