// What the generator lacks: a name for the search dialog, and wide tables and code that the keyboard can scroll.
const complete = () => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  for (const wide of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code")) wide.tabIndex = 0;
};
// Tables are wrapped after the page was loaded.
new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
complete();
