"""The style of the documentation page: one sheet, light or dark as the reader's system is."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #566172; --paper: #ffffff;
  --panel: #f3f5f8; --line: #d9dee6; --link: #0b57c2; --get: #0a6b4b; --post: #8a3ffc; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9f0; --soft: #9aa7b8; --paper: #12161c; --panel: #1b212a; --line: #303a47;
    --link: #7db4ff; --get: #4fd1a1; --post: #c4a0ff; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem;
  background: var(--panel); border-right: 1px solid var(--line); font-size: .875rem; }
nav h2 { margin: 1.5rem 0 .4rem; border: 0; padding: 0; font-size: .75rem; color: var(--soft);
  text-transform: uppercase; letter-spacing: .06em; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { margin: .2rem 0; overflow-wrap: anywhere; }
nav a { color: inherit; text-decoration: none; }
nav a:hover { color: var(--link); }
main { padding: 2rem clamp(1rem, 4vw, 3.5rem) 6rem; max-width: 64rem; }
h1 { margin: 0 0 .5rem; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 3.25rem 0 .5rem; padding-top: 1.5rem; border-top: 1px solid var(--line);
  font-size: 1.3rem; line-height: 1.3; overflow-wrap: anywhere; }
h3 { margin: 1.75rem 0 .4rem; font-size: 1rem; overflow-wrap: anywhere; }
p { margin: .4rem 0; }
a { color: var(--link); }
a.anchor { margin-left: .4rem; color: var(--soft); text-decoration: none; opacity: .55; }
a.anchor:hover, a.anchor:focus { opacity: 1; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .875em; }
pre { margin: .4rem 0; padding: .9rem 1rem; overflow-x: auto; background: var(--panel);
  border: 1px solid var(--line); border-radius: 6px; }
.method { display: inline-block; min-width: 3.2em; font-weight: 700; font-size: .82em;
  font-family: ui-monospace, Menlo, Consolas, monospace; color: var(--get); }
.method.post { color: var(--post); }
.soft { color: var(--soft); }
.table { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--line);
  text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
td:first-child { white-space: nowrap; width: 1%; }
td p { margin: 0; color: var(--soft); }
:target > h2, :target > h3 { color: var(--link); }
@media (max-width: 52rem) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  nav ul { columns: 2; }
}
@media print { body { display: block; } nav { display: none; } }
"""
