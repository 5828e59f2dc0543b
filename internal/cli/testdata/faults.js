// What is wrong with the page as it is shown now: a list of sentences.
(() => {
  const paper = matchMedia("print").matches // on which small letters are sharp
  const wrong = []
  const name = e => [e.tagName.toLowerCase(), e.getAttribute("class"), e.textContent.trim().slice(0, 40)].join(" ")
  const shown = e => e.checkVisibility() && e.getBoundingClientRect().width > 1
  const width = document.documentElement.clientWidth
  const all = [...document.body.querySelectorAll("*")].filter(shown)

  const whole = document.documentElement.scrollWidth
  if (whole > width) wrong.push(`the page is ${whole} wide`)
  for (const e of all) {
    const r = e.getBoundingClientRect()
    if (r.right > width + 1 || r.left < -1) wrong.push(`out of the page: ${name(e)}`)
    const style = getComputedStyle(e)
    if (style.overflowX != "visible" && e.scrollWidth > e.clientWidth + 1) wrong.push(`cut off: ${name(e)}`)
    if (!e.closest("svg") && parseFloat(style.fontSize) < (paper ? 9.5 : 11.5))
      wrong.push(`small letters: ${name(e)}`)
  }
  for (const e of all.filter(e => e.matches(".ref")))
    if (width > 900 && !paper && e.getBoundingClientRect().height > 2 * parseFloat(getComputedStyle(e).fontSize)) wrong.push(`more than one line: ${name(e)}`)

  const charts = all.filter(e => e.matches("figure svg"))
  const figures = document.querySelectorAll("figure").length
  if (charts.length != figures) wrong.push(`${charts.length} charts in ${figures} figures`)
  for (const chart of charts) {
    const box = chart.getBoundingClientRect()
    const texts = [...chart.querySelectorAll("text")]
    texts.forEach((text, i) => {
      const r = text.getBoundingClientRect()
      if (r.height < (paper ? 8 : 9) && width >= 400) wrong.push(`small letters: ${name(text)}`)
      if (r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1)
        wrong.push(`out of the chart: ${name(text)}`)
      if (text.matches(".on") && r.right > text.previousElementSibling.getBoundingClientRect().right)
        wrong.push(`longer than its bar: ${name(text)}`)
      for (const gap of chart.querySelectorAll("rect.gap")) {
        const s = gap.getBoundingClientRect(), later = text.compareDocumentPosition(gap) & 4
        if (later && r.left < s.right && r.right > s.left && r.top < s.bottom) wrong.push(`behind a cut: ${name(text)}`)
      }
      for (const other of texts.slice(i + 1)) {
        const s = other.getBoundingClientRect()
        const across = Math.min(r.right, s.right) - Math.max(r.left, s.left)
        const down = Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top)
        if (across > 1 && down > 3) wrong.push(`one on the other: ${name(text)} and ${name(other)}`)
      }
    })
    const names = chart.querySelectorAll("text.on, text.name").length
    const bars = chart.querySelectorAll("rect[rx='3']").length
    if (names != bars) wrong.push(`${names} names of ${bars} bars`)
  }
  return wrong
})()
