// SPDX-License-Identifier: Apache-2.0

package main

// This file reads what people write in files and flags: YAML or JSON, and times.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// maxFile is the largest file read, in bytes.
const maxFile = 16 << 20

// open opens a file, or the standard input for "-".
func (t *tool) open(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(t.in), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, errors.Join(&fs.PathError{Op: "open", Path: path, Err: errDirectory}, file.Close())
	}
	return file, nil
}

var errDirectory = errors.New("it is a directory; name the files in it")

// readFile reads a whole file, or the standard input for "-".
func (t *tool) readFile(path string) ([]byte, error) {
	file, err := t.open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = trouble("file", "give less at once", "%s is larger than %d MiB", path, maxFile>>20)
	}
	return raw, err
}

// writeFile writes a file for -o; it is nobody else's to read.
func writeFile(path string, raw []byte) error { return os.WriteFile(path, raw, 0o600) }

// readNoun reads a YAML or JSON file strictly into v, which has the names of
// our JSON. A time may be given as people write it.
func (t *tool) readNoun(path string, v any) error {
	raw, err := t.readFile(path)
	if err != nil {
		return err
	}
	wrong := func(text string) error {
		return trouble("invalid", "see the example in tocsin files", "%s cannot be read: %s", path, text)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		if raw, err = yaml.YAMLToJSON(raw); err != nil {
			return wrong(firstLine(err.Error()))
		}
	}
	var tree any
	if err := api.Decode(raw, &tree); err != nil {
		return wrong(api.DecodeWords(err))
	}
	if err := mendTimes(tree); err != nil {
		return wrong(err.Error())
	}
	if raw, err = json.Marshal(tree); err != nil {
		return wrong(err.Error())
	}
	if err := api.Decode(raw, v); err != nil {
		return wrong(api.DecodeWords(err))
	}
	return nil
}

// mendTimes writes the times of a noun as RFC 3339. Attached objects are left
// as they are: their times are STIX's.
func mendTimes(tree any) error {
	fields, ok := tree.(map[string]any)
	if !ok {
		return nil
	}
	for name, value := range fields {
		text, isText := value.(string)
		switch name {
		case "objects":
			continue
		case "start", "end", "answer_by", "acquired_at":
			if !isText {
				return fmt.Errorf("%s: a time is a text, such as \"2026-12-31 15:04Z\"", name)
			}
			at, _, err := parseTime(text, name == "end")
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			fields[name] = at.Format(time.RFC3339Nano)
		default:
			if err := mendTimes(value); err != nil {
				return err
			}
		}
	}
	return nil
}

// forms are the ways to write a time, with the fidelity each means.
var forms = []struct {
	layout   string
	fidelity warning.Fidelity
}{
	{time.RFC3339Nano, "second"},
	{"2006-01-02 15:04:05Z07:00", "second"},
	{"2006-01-02 15:04Z07:00", "minute"},
	{"2006-01-02T15:04Z07:00", "minute"},
	{time.DateOnly, "day"},
	{"2006-01", "month"},
	{"2006", "year"},
}

// parseTime reads a time as people write it, and how exact it is meant. A day,
// month or year begins with its first moment; as an end it is its last.
func parseTime(text string, end bool) (time.Time, warning.Fidelity, error) {
	for _, form := range forms {
		at, err := time.Parse(form.layout, strings.TrimSpace(text))
		if err != nil {
			continue
		}
		if end {
			at = lastMoment(at, form.fidelity)
		}
		return at, form.fidelity, nil
	}
	return time.Time{}, "", fmt.Errorf("%q is not a time; write 2026-12-31, \"2026-12-31 15:04Z\" or 2026-12-31T15:04:05Z", text)
}

func lastMoment(at time.Time, fidelity warning.Fidelity) time.Time {
	switch fidelity {
	case "day":
		at = at.AddDate(0, 0, 1)
	case "month":
		at = at.AddDate(0, 1, 0)
	case "year":
		at = at.AddDate(1, 0, 0)
	default:
		return at
	}
	return at.Add(-time.Millisecond)
}

// window reads --from and --until. The fidelity is the coarser of the two
// unless it was given.
func window(from, until, fidelity string) (w warning.Window, err error) {
	var found []warning.Fidelity
	var wrong []error
	for _, side := range []struct {
		flag, text string
		at         *time.Time
	}{{"--from", from, &w.Start}, {"--until", until, &w.End}} {
		if side.text == "" {
			continue
		}
		at, exact, err := parseTime(side.text, side.flag == "--until")
		if err != nil {
			wrong = append(wrong, usage("write the time in one of these forms", "%s: %v", side.flag, err))
			continue
		}
		*side.at = at
		found = append(found, exact)
	}
	w.Fidelity = warning.Fidelity(fidelity)
	if fidelity == "" && len(found) > 0 {
		for _, form := range forms { // from exact to coarse: the last hit wins
			if form.fidelity == found[0] || form.fidelity == found[len(found)-1] {
				w.Fidelity = form.fidelity
			}
		}
	}
	return w, errors.Join(wrong...)
}

// timeOrDuration reads a time to come, or how long from now.
func (t *tool) timeOrDuration(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if wait, err := time.ParseDuration(text); err == nil {
		return t.now.Add(wait), nil
	}
	at, _, err := parseTime(text, true)
	if err != nil {
		return at, usage("or say how long from now, such as 6h", "%s: %v", flag, err)
	}
	return at, nil
}

// textOf is a text given on the command line, or the file that @FILE names.
func (t *tool) textOf(text string) (string, error) {
	path, isFile := strings.CutPrefix(text, "@")
	if !isFile {
		return text, nil
	}
	raw, err := t.readFile(path)
	return strings.TrimSpace(string(raw)), err
}

// readObjects reads the objects of a STIX file, to be attached.
func (t *tool) readObjects(path string) ([]jsontext.Value, error) {
	file, err := t.open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var objects []jsontext.Value
	for object, err := range stix.ReadBundle(file) {
		if err != nil {
			return nil, trouble("invalid", "see tocsin stix check "+path, "%s cannot be attached: %v", path, err)
		}
		if len(objects) == warning.MaxObjects {
			return nil, trouble("invalid", "attach less", "%s holds more than %d objects", path, warning.MaxObjects)
		}
		objects = append(objects, jsontext.Value(object.Raw()))
	}
	return objects, nil
}
