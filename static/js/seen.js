// A customer's message that has been on the screen for a second, in a page somebody looks at, counts as seen by the reply that
// follows. A colleague's answer does not, nor what came after it: that is what the guard of the composer is for.
const LOOK = 1000;
const THEIRS = ".msg:not(.msg--ours, .msg--note)";

function see(message) {
  const seen = document.querySelector("reply-composer [name=seen_upto]");
  if (!seen || document.hidden || !message.isConnected) return;
  const fresh = [...document.querySelectorAll("#messages > .msg")].filter(({ id }) => number(id) > Number(seen.value));
  const guarded = fresh.findIndex((one) => one.matches(".msg--ours"));
  if (guarded < 0 || fresh.indexOf(message) < guarded) { seen.value = String(number(message.id)); sight.unobserve(message); }
}

const number = (id) => Number(id.replace("message-", ""));
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    clearTimeout(target.looking);
    // A newer copy of the message may stand in its place by now.
    const here = document.getElementById(target.id);
    if (here && here !== target) { sight.unobserve(target); sight.observe(here); }
    else if (isIntersecting) target.looking = setTimeout(see, LOOK, target);
  }
});
document.addEventListener("thread:added", ({ detail }) => { if (detail.matches(THEIRS)) sight.observe(detail); });
document.addEventListener("visibilitychange", () => {
  for (const message of document.querySelectorAll(`#messages > ${THEIRS}`)) if (!document.hidden) { sight.unobserve(message); sight.observe(message); }
});
