/* How far a run is, in words. Nothing here touches the page. A run is that of the status: { title, step, done,
   total, seconds, at, of, left }. */

import { durationOf } from "./durations.js";

/* Returns how far a run is: the dataset that it computes of how many, else the step of reading the source. */
export function runWords(run) {
  if (run.of > 0) {
    // A database that another program keeps locked may hold this up for a while.
    return run.step === "storing" ? "Storing" : `Computing ${run.at} of ${run.of}`;
  }
  const step = run.step && run.step !== "starting" ? run.step : "starting the run";
  return step[0].toUpperCase() + step.slice(1);
}

/* Returns how far a run is in a few words, for the pill. */
export function shortRunWords(run) {
  if (run.of > 0) {
    return runWords(run);
  }
  return run.total > 0 ? "Reading the source" : "Computing";
}

/* Returns how long a run has taken, and how long the part under way still takes if its pace is known. */
export function timeWords(run) {
  const gone = `${durationOf(run.seconds)} so far`;
  if (run.left === null || run.left === undefined) {
    return gone;
  }
  return `${gone} · about ${durationOf(run.left)} left to ${run.of > 0 ? "compute" : "read the source"}`;
}

/* Returns what the panel of a first run says, { title, line, time, share }; null if there is nothing to say.
   `share` is the done part, 0 to 1, null if it is not known. */
export function firstRunOf(status) {
  if (!status?.is_first) {
    return null;
  }
  const { run, conditions } = status;
  if (run) {
    const share = run.total > 0 ? run.done / run.total : null;
    const title = run.of > 0 ? "First run: computing what pages show" : "First run: reading the source";
    return { title, line: runWords(run), time: timeWords(run), share };
  }
  const [worst] = conditions ?? [];
  return worst ? { title: worst.text, line: worst.remedy, time: "", share: null } : null;
}
