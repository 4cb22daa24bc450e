// SPDX-License-Identifier: Apache-2.0

package main

// This file prints: one JSON object for programs, or a page for people. What a
// partner wrote may try to steer the terminal or to fake a line of ours, so a
// page shows no control character but its own line ends.

import (
	"fmt"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/handling"
)

// show prints v as one JSON object if --json was given, and otherwise the page
// that human writes.
func (t *tool) show(v any, human func(p *page)) error {
	if t.json {
		raw, err := json.Marshal(v, json.Deterministic(true))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.out, "%s\n", raw)
		return err
	}
	p := page{step: t.step}
	human(&p)
	_, err := fmt.Fprint(t.out, p.text())
	return err
}

// aside tells people something beside what was asked for.
func (t *tool) aside(human func(p *page)) error {
	p := page{step: t.step}
	human(&p)
	_, err := fmt.Fprint(t.errs, p.text())
	return err
}

// listing is how several of a thing are printed for programs.
type listing[T any] struct {
	Items []T `json:"items"`
}

// table prints items, a row each, or says that there is nothing.
func table[T any](t *tool, items []T, none string, head []any, row func(T) []any) error {
	return t.show(listing[T]{items}, func(p *page) {
		if len(items) == 0 {
			if p.step != nil {
				none = p.step(none)
			}
			p.line("%s", none)
			return
		}
		p.row(head...)
		for _, item := range items {
			p.row(row(item)...)
		}
	})
}

// page gathers lines. Rows that follow one another are aligned.
type page struct {
	b    strings.Builder
	rows strings.Builder
	// step makes a next step one that can be pasted; nil leaves it as it is.
	step func(string) string
}

// next adds what to do next, with commands that can be pasted.
func (p *page) next(format string, args ...any) {
	p.line("  next: %s", p.command(fmt.Sprintf(format, clean(args)...)))
}

// command makes the commands in a text ones that can be pasted.
func (p *page) command(text string) string {
	if p.step != nil {
		text = p.step(text)
	}
	return text
}

// line adds a line; what the arguments hold stays on it.
func (p *page) line(format string, args ...any) {
	p.flush()
	p.b.WriteString(strings.TrimRight(fmt.Sprintf(format, clean(args)...), " ") + "\n")
}

// field adds a named value if there is one.
func (p *page) field(name string, value any) {
	text := fmt.Sprint(clean([]any{value})...)
	if text != "" && text != "[]" {
		p.row("  "+name, text)
	}
}

// above adds how what follows is handled, if that is said.
func (p *page) above(h handling.Handling) {
	if h.Short() != "" {
		p.line("%s", h.Line())
	}
}

// titled is a title with how it is handled before it.
func titled(h handling.Handling, title string) string {
	return strings.TrimSpace(h.Short() + " " + title)
}

// quote adds somebody's text, each line marked.
func (p *page) quote(text string) {
	p.flush()
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		p.b.WriteString("  | " + plain(line) + "\n")
	}
}

func (p *page) row(cells ...any) {
	for i, cell := range clean(cells) {
		if i > 0 {
			p.rows.WriteByte('\t')
		}
		fmt.Fprint(&p.rows, cell)
	}
	p.rows.WriteByte('\n')
}

func (p *page) flush() {
	if p.rows.Len() == 0 {
		return
	}
	var aligned strings.Builder
	w := tabwriter.NewWriter(&aligned, 0, 8, 2, ' ', 0)
	fmt.Fprint(w, p.rows.String())
	_ = w.Flush() // a strings.Builder takes everything
	for line := range strings.Lines(aligned.String()) {
		p.b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	p.rows.Reset()
}

func (p *page) text() string {
	p.flush()
	return p.b.String()
}

// clean makes every text among args safe for a line, and writes times as
// people do.
func clean(args []any) []any {
	cleaned := make([]any, len(args))
	for i, arg := range args {
		cleaned[i] = arg
		switch v := arg.(type) {
		case time.Time:
			cleaned[i] = when(v)
		case []string:
			cleaned[i] = plain(strings.Join(v, ", "))
		case error:
			cleaned[i] = plain(v.Error())
		default:
			if value := reflect.ValueOf(arg); value.IsValid() && value.Kind() == reflect.String {
				cleaned[i] = plain(value.String())
			}
		}
	}
	return cleaned
}

// plain takes control characters out of a text, and those that turn the
// direction of writing.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x2028, r == 0x2029:
			return '\uFFFD'
		}
		return r
	}, text)
}

// when is a time as it is printed; empty for the zero time.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// many counts things whose name takes an s.
func many(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
