
// The page around it: asks the classifier as somebody writes, and shows its answer as text and as bars.
if (typeof document !== "undefined") {
  // Rows that are shown before somebody asks for all of them.
  const FEW = 10;
  // Time after the last key before the answer is read out, in milliseconds.
  const PAUSE = 500;

  const element = (id) => document.getElementById(id);
  const data = (id) => JSON.parse(element(id).textContent);
  const { classes, answer } = classifier(data("tokenizer"), data("model"));
  const [table, status, more, second] = ["classes", "answer", "more", "second"].map(element);
  const fields = [element("text"), ...(second.hidden ? [] : [element("text_b")])];
  const greeting = status.textContent;
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  let all = false;
  let timer;

  // One row a class, made once: what changes is their width, so that nothing jumps while one writes.
  const rows = classes.map((name) => {
    const row = table.tBodies[0].insertRow(), title = document.createElement("th");
    title.scope = "row";
    title.textContent = name;
    row.append(title);
    const bar = row.insertCell().appendChild(document.createElement("div"));
    bar.className = "bar";
    bar.setAttribute("aria-hidden", "true");
    return { row, fill: bar.appendChild(document.createElement("div")), number: row.insertCell() };
  });

  function show() {
    clearTimeout(timer);
    const texts = fields.map((field) => field.value);
    const empty = texts.every((text) => text.trim() === "");
    table.hidden = empty;
    more.hidden = empty || classes.length <= FEW;
    if (empty) {
      status.textContent = greeting;
      return;
    }
    const { probabilities, known, total } = answer(...texts);
    // Of equally probable classes the first one is the answer.
    const order = classes.map((_, i) => i).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
    const shown = new Set(all || classes.length <= FEW ? order : order.slice(0, FEW));
    rows.forEach(({ row, fill, number }, i) => {
      fill.style.width = `${100 * probabilities[i]}%`;
      number.textContent = percent(probabilities[i]);
      row.className = i === order[0] ? "first" : "";
      row.hidden = !shown.has(i);
    });
    // Many classes stand by their probability, a few where they are.
    if (classes.length > FEW) table.tBodies[0].append(...order.map((i) => rows[i].row));
    more.textContent = all ? `The ${FEW} most probable classes` : `All ${classes.length} classes`;
    const words = known === total ? "" : ` ${known} of ${total} tokens are known; the others say nothing.`;
    timer = setTimeout(() => {
      status.textContent = `${classes[order[0]]}, ${percent(probabilities[order[0]])}.${words}`;
    }, PAUSE);
  }

  for (const field of fields) field.addEventListener("input", show);
  more.addEventListener("click", () => {
    all = !all;
    show();
  });
  element("ask").addEventListener("submit", (event) => event.preventDefault());
  // A browser may bring back what was written before a reload.
  show();
}
