// SPDX-License-Identifier: Apache-2.0

package web

// This file reads what people type, and finds it again for the form that is
// shown after something was wrong. The names of inputs are the names of the
// fields of the nouns, so that what is wrong can be said beside the field.

import (
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// input reads one form and gathers what cannot be read.
type input struct {
	values url.Values
	wrong  []string
}

func (v *visit) input() *input { return &input{values: v.r.PostForm} }

// err is an Invalid problem if something could not be read.
func (in *input) err() error {
	if len(in.wrong) == 0 {
		return nil
	}
	return problem.New(problem.Invalid, "mend it and try again", "something typed here cannot be read").With(in.wrong...)
}

// text is what was typed, without space around it, its line ends as they are
// everywhere else. HTML forms send CR LF.
func (in *input) text(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(in.values.Get(name), "\r\n", "\n"))
}

func (in *input) bool(name string) bool { return in.values.Get(name) != "" }

// lines are several short texts, one a line.
func (in *input) lines(name string) []string {
	return fields(in.values.Get(name), func(r rune) bool { return r == '\n' || r == '\r' })
}

// codes are ISO 3166 codes, in whatever case, between spaces, commas or lines.
func (in *input) codes(name string) []string {
	return fields(strings.ToUpper(in.values.Get(name)), func(r rune) bool { return strings.ContainsRune(" ,;\r\n\t", r) })
}

// words are single words between spaces, commas or lines.
func (in *input) words(name string) []string {
	return fields(in.values.Get(name), func(r rune) bool { return strings.ContainsRune(" ,;\r\n\t", r) })
}

func fields(text string, between func(rune) bool) []string {
	var all []string
	for _, field := range strings.FieldsFunc(text, between) {
		if field = strings.TrimSpace(field); field != "" && !slices.Contains(all, field) {
			all = append(all, field)
		}
	}
	return all
}

// timeLayouts are the ways in which a moment may be typed; without a zone it is UTC.
var timeLayouts = []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339, time.DateOnly}

// time reads a moment, zero if nothing was typed.
func (in *input) time(name string) time.Time {
	text := strings.TrimSuffix(strings.TrimSuffix(in.text(name), "UTC"), " ")
	if text == "" {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	in.wrong = append(in.wrong, name+": write the time in UTC, as 2026-12-31 or 2026-12-31 14:00")
	return time.Time{}
}

// windowEnd reads the end of a window. A day alone lasts until its last second.
func (in *input) windowEnd(name string) time.Time {
	at := in.time(name)
	if _, err := time.Parse(time.DateOnly, in.text(name)); err == nil {
		return at.AddDate(0, 0, 1).Add(-time.Second)
	}
	return at
}

func (in *input) number(name string) *float64 {
	text := in.text(name)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		in.wrong = append(in.wrong, name+": write a number, as 59.93")
		return nil
	}
	return &n
}

func (in *input) count(name string) int64 {
	text := in.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		in.wrong = append(in.wrong, name+": write a whole number, as 7")
	}
	return n
}

// size reads how large something may be, in bytes; zero if nothing was typed.
func (in *input) size(name string, least int64) int64 {
	text := in.text(name)
	if text == "" {
		return 0
	}
	n, err := api.ParseSize(text)
	if err != nil || n < least {
		in.wrong = append(in.wrong, name+": write it as 600MB or 4GB; 10MB at least, so that the largest delivery fits")
	}
	return n
}

// target reads who or what is threatened, and where.
func (in *input) target() warning.Target {
	place := warning.Place{
		Country: strings.ToUpper(in.text("target.place.country")), Region: strings.ToUpper(in.text("target.place.region")),
		City: in.text("target.place.city"), Detail: in.text("target.place.detail"),
		Latitude: in.number("target.place.latitude"), Longitude: in.number("target.place.longitude"),
	}
	if precision := in.number("target.place.precision"); precision != nil {
		place.Precision = *precision
	}
	return warning.Target{
		Kind: warning.TargetKind(in.text("target.kind")), Name: in.text("target.name"),
		Place: place, Nationalities: in.codes("target.nationalities"),
	}
}

func (in *input) window() warning.Window {
	window := warning.Window{Start: in.time("window.start"), End: in.windowEnd("window.end")}
	if !window.Start.IsZero() || !window.End.IsZero() {
		window.Fidelity = warning.Fidelity(in.text("window.fidelity"))
	}
	return window
}

// persons reads those that a warning names. A row of which nothing was typed is
// left out, and those behind it move up, so that what is wrong with one is said
// beside it.
func (in *input) persons() (all []warning.Person) {
	rows := personRows(in.values)
	for i := range rows {
		from, to := personField(i, ""), personField(len(all), "")
		p := warning.Person{
			Name: in.text(from + "name"), Role: warning.PersonRole(in.text(from + "role")), Kind: warning.StatementKind(in.text(from + "statement_kind")),
			Text: in.text(from + "text"), Reason: in.text(from + "reason"), Minor: in.bool(from + "minor"), Special: in.values[from+"special_categories"],
		}
		typed := make(url.Values)
		for name, values := range in.values {
			if part, ours := strings.CutPrefix(name, from); ours {
				typed[part] = values
				delete(in.values, name)
			}
		}
		if p.Name+p.Text+p.Reason == "" && p.Role == "" {
			continue
		}
		for part, values := range typed {
			in.values[to+part] = values
		}
		all = append(all, p)
	}
	return all
}

// personField is the name of an input of a person.
func personField(i int, part string) string { return "persons." + strconv.Itoa(i) + "." + part }

// personRows is how many persons a form offers or sent, at most.
func personRows(values url.Values) (n int) {
	for n < warning.MaxPersons+1 && values.Has(personField(n, "name")) {
		n++
	}
	return n
}

// handling reads TLP, codes, caveats and the note. Whether they are words of
// the field, the noun says.
func (in *input) handling() handling.Handling {
	h := handling.Handling{TLP: handling.TLP(in.text("handling.tlp")), PAP: handling.PAP(in.text("handling.pap")), Note: in.text("handling.note")}
	for _, code := range in.values["handling.codes"] {
		h.Codes = append(h.Codes, handling.Code(code))
	}
	for _, caveat := range in.values["handling.caveats"] {
		h.Caveats = append(h.Caveats, handling.Caveat(caveat))
	}
	return h
}

// objects reads STIX objects from the text field and from the file beside it.
// The file's text joins the typed one, so that it is not lost when something
// else is wrong.
func (v *visit) objects(in *input) []jsontext.Value {
	text := strings.TrimSpace(in.values.Get("objects"))
	if v.r.MultipartForm != nil {
		for _, header := range v.r.MultipartForm.File["objects_file"] {
			file, err := header.Open()
			if err != nil {
				in.wrong = append(in.wrong, "objects: the file cannot be read")
				continue
			}
			raw, err := io.ReadAll(file)
			if err = orClose(err, file.Close()); err != nil {
				in.wrong = append(in.wrong, "objects: the file cannot be read")
			}
			text = strings.TrimSpace(text + "\n" + string(raw))
		}
	}
	in.values.Set("objects", text)
	objects, err := parseObjects(text)
	if err != nil {
		in.wrong = append(in.wrong, "objects: "+err.Error())
	}
	return objects
}

// upload is the content of a file of the form; nil if none was chosen.
func (v *visit) upload(name string) ([]byte, error) {
	if v.r.MultipartForm == nil || len(v.r.MultipartForm.File[name]) == 0 {
		return nil, nil
	}
	file, err := v.r.MultipartForm.File[name][0].Open()
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(file)
	return raw, orClose(err, file.Close())
}

// fileOrText is what a form gives as its file, or as it was typed. Where the form is
// shown again, it stands there as if it had been typed.
func (v *visit) fileOrText() (string, error) {
	raw, err := v.upload("file")
	text := string(raw)
	if text == "" {
		text = strings.ReplaceAll(v.r.PostForm.Get("text"), "\r\n", "\n")
	}
	v.r.PostForm.Set("text", text)
	return text, err
}

// besideField puts what is wrong beside a field, where a problem names none.
func besideField(name string, err error) error {
	p := problem.Of(err)
	if p == nil || p.Code != problem.Invalid || len(p.Details) > 0 {
		return err
	}
	what := p.Hint
	if what == "" {
		what = p.Text
	}
	return problem.New(problem.Invalid, p.Hint, "%s", p.Text).With(name + ": " + what).Because(err)
}

func orClose(err, closing error) error {
	if err != nil {
		return err
	}
	return closing
}

// parseObjects reads a bundle, a list of objects, or objects one after another.
func parseObjects(text string) (objects []jsontext.Value, err error) {
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text = `{"objects":` + text + `}`
	}
	if text == "" {
		return nil, nil
	}
	for object, err := range stix.ReadBundle(strings.NewReader(text)) {
		if err != nil {
			return nil, err
		}
		objects = append(objects, object.Raw())
	}
	return objects, nil
}

// value is what an input of a form shows: what was typed, if the form failed,
// otherwise what is given.
func (v *visit) value(form, name, otherwise string) string {
	if v.form == form && v.typed != nil {
		return v.typed.Get(name)
	}
	return otherwise
}

// chosen reports whether a box of a form is ticked.
func (v *visit) chosen(form, name, value string, otherwise bool) bool {
	if v.form == form && v.typed != nil {
		return slices.Contains(v.typed[name], value)
	}
	return otherwise
}

// wrong is what is wrong with one field of a form that failed.
func (v *visit) wrong(form, name string) string {
	if v.problem == nil || v.form != form {
		return ""
	}
	var all []string
	for _, detail := range v.problem.Details {
		if field, what, ok := strings.Cut(detail, ": "); ok && field == name {
			all = append(all, what)
		}
	}
	return strings.Join(all, "; ")
}
