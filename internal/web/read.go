// SPDX-License-Identifier: Apache-2.0

package web

// This file reads an article into claims, and keeps those a person chose as a
// source report. Nothing is kept of an article that was only read.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/press"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) readRoutes(mux *http.ServeMux) {
	mux.Handle("GET /read", s.page(s.readForm))
	mux.Handle("POST /read", s.post("read", s.read, s.readForm))
	mux.Handle("POST /read/keep", s.post("keep", s.keepRead, s.readAgain))
}

func (s *site) readForm(v *visit) error {
	if err := v.who.May(caller.KeepSource); err != nil {
		return err
	}
	v.section = "read"
	return v.show("Read an article", readPage(v))
}

// article is what was read, with the bytes it was read from.
type article struct {
	press.Article
	input     []byte
	published string
	publisher string
}

func (s *site) read(v *visit) (string, error) {
	if err := v.who.May(caller.KeepSource); err != nil {
		return shown, err
	}
	in := v.input()
	input := []byte(in.values.Get("text"))
	if file, err := v.upload("file"); err != nil {
		return shown, err
	} else if len(file) > 0 {
		input = file
	}
	v.section = "read"
	return shown, s.showArticle(v, func() (article, error) { return v.readArticle(in, input) })
}

func (v *visit) readArticle(in *input, raw []byte) (article, error) {
	a := article{input: raw, published: in.text("published"), publisher: in.text("publisher")}
	var published time.Time
	if a.published != "" {
		day, err := warning.ParseDate(a.published)
		if err != nil {
			return a, problem.New(problem.Invalid, "mend it and try again", "the day of publication cannot be read").With("published: " + err.Error())
		}
		published = day
	}
	read, err := press.Read(raw, press.Options{Published: published})
	if errors.Is(err, press.ErrEmpty) || errors.Is(err, press.ErrTooLarge) || errors.Is(err, press.ErrNotText) {
		return a, problem.New(problem.Invalid, "paste the text, or choose a text file", "this cannot be read").
			With("text: " + strings.TrimPrefix(err.Error(), "press: ")).Because(err)
	}
	a.Article = read
	return a, err
}

// carried reads again what the page of claims carried along.
func (v *visit) carried(in *input) (article, error) {
	raw, err := base64.StdEncoding.DecodeString(in.text("input"))
	if err != nil {
		return article{}, problem.New(problem.Invalid, "read the article again", "the article was not sent along").Because(err)
	}
	return v.readArticle(in, raw)
}

// readAgain shows the claims once more, with the boxes as they were ticked.
func (s *site) readAgain(v *visit) error {
	v.section = "read"
	return s.showArticle(v, func() (article, error) { return v.carried(v.input()) })
}

// showArticle shows what an article says, once it was read.
func (s *site) showArticle(v *visit, read func() (article, error)) error {
	var a article
	return v.watched("Read an article", task{
		doing: "Reading it", stop: "/read",
		do: func(context.Context, func(done, total int64)) (err error) {
			a, err = read()
			return err
		},
		found: func() templ.Component { return articlePart(v, a) },
	}, func(part templ.Component) templ.Component { return articlePage(v, part) })
}

// keepRead keeps the article and the claims that a person chose.
func (s *site) keepRead(v *visit) (string, error) {
	in := v.input()
	read, err := v.carried(in)
	if err != nil {
		return shown, err
	}
	chosen := read.chosen(in.values["claim"])
	if len(chosen) == 0 {
		return shown, problem.New(problem.Invalid, "tick the claims you hold for rightly read", "no claim was confirmed")
	}
	source := v.sourceOf(in)
	source.Fields = read.fields(chosen)
	if in.bool("attach") {
		if source.Objects, err = read.objects(chosen, v.now); err != nil {
			return shown, err
		}
	}
	if err := in.err(); err != nil {
		return shown, err
	}
	return s.keep(v, source)
}

// chosen are the claims whose numbers were ticked.
func (a *article) chosen(ticked []string) (claims []press.Claim) {
	for i, claim := range a.Claims {
		if slices.Contains(ticked, strconv.Itoa(i)) {
			claims = append(claims, claim)
		}
	}
	return claims
}

// objects writes the chosen claims as STIX.
func (a *article) objects(chosen []press.Claim, now time.Time) ([]jsontext.Value, error) {
	part := a.Article
	part.Claims = chosen
	bundle, err := press.Bundle(part, press.BundleOptions{Published: warning.Date(a.published).Time(), Publisher: a.publisher, Now: now})
	if err != nil {
		return nil, err
	}
	return parseObjects(string(bundle))
}

// maxPart is how much of the original one text of a report takes.
const maxPart = 6 * warning.MaxText

// fields are the texts of the report: what was printed is open to be repeated.
// The bytes as they were found are kept beside it.
func (a *article) fields(chosen []press.Claim) []warning.Field {
	var claims strings.Builder
	for i, claim := range chosen {
		fmt.Fprintf(&claims, "%d. %s\n   %s\n", i+1, a.Text[claim.Evidence[0]:claim.Evidence[1]], claimWords(claim))
	}
	fields := []warning.Field{
		{Name: "article", Text: a.Text, Open: true},
		{Name: "claims confirmed", Text: claims.String(), Open: true},
		{Name: "published", Text: strings.TrimSpace(a.published + " " + a.publisher), Open: true},
		{Name: "SHA-256 of the original", Text: a.SHA256OfInput, Open: true},
	}
	original := base64.StdEncoding.EncodeToString(a.input)
	for n := 1; original != ""; n++ {
		end := min(maxPart, len(original))
		fields = append(fields, warning.Field{Name: fmt.Sprintf("original, base64, part %d", n), Text: original[:end], Open: true})
		original = original[end:]
	}
	return fields
}

// claimWords says of a claim what it is, who says it, when and how many.
func claimWords(claim press.Claim) string {
	all := []string{words(claim.Kind)}
	if claim.Source != "" {
		all = append(all, "says "+claim.Source)
	}
	if claim.When != nil {
		all = append(all, whenWords(*claim.When))
	}
	for _, count := range claim.Counts {
		all = append(all, countWords(count))
	}
	return strings.Join(all, " · ")
}

func whenWords(w press.When) string {
	switch {
	case w.Start == "":
		return "“" + w.Text + "”"
	case w.Start == w.End:
		return "“" + w.Text + "” = " + w.Start
	}
	return "“" + w.Text + "” = " + w.Start + " to " + w.End
}

func countWords(c press.Count) string {
	bounds := ""
	switch {
	case c.Low != nil && c.High != nil && *c.Low == *c.High:
		bounds = fmt.Sprint(*c.Low)
	case c.Low != nil && c.High != nil:
		bounds = fmt.Sprintf("%d to %d", *c.Low, *c.High)
	case c.Low != nil:
		bounds = fmt.Sprintf("at least %d", *c.Low)
	case c.High != nil:
		bounds = fmt.Sprintf("at most %d", *c.High)
	}
	text := strings.TrimSpace("“" + c.Text + "” = " + bounds)
	if c.Estimate {
		text += ", an estimate"
	}
	return text
}

// piece is a part of an article's text; a claim's evidence has its number.
type piece struct {
	text  string
	claim int // from 1; 0 is between claims
	kind  string
}

// pieces cuts the text at the evidence of its claims. Where two overlap, the
// one that begins first is shown, and the other from where that ends.
func (a *article) pieces() (all []piece) {
	order := make([]int, len(a.Claims))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return a.Claims[order[i]].Evidence[0] < a.Claims[order[j]].Evidence[0] })
	at := 0
	for _, i := range order {
		claim := a.Claims[i]
		start, end := max(at, claim.Evidence[0]), claim.Evidence[1]
		if end <= start {
			continue
		}
		if start > at {
			all = append(all, piece{text: a.Text[at:start]})
		}
		all = append(all, piece{a.Text[start:end], i + 1, claim.Kind})
		at = end
	}
	if at < len(a.Text) {
		all = append(all, piece{text: a.Text[at:]})
	}
	return all
}
