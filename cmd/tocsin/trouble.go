// SPDX-License-Identifier: Apache-2.0

package main

// This file says what went wrong, and what to do next.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/stix"
)

// A failure is a problem that arose here and not at the node.
type failure struct {
	Type    string   `json:"type"`
	Title   string   `json:"title"`
	Detail  string   `json:"detail"`
	Code    string   `json:"code"`
	Hint    string   `json:"hint,omitempty"`
	Details []string `json:"details,omitempty"`
}

func (f *failure) Error() string { return f.Detail }

// trouble makes a failure. The hint says what to do next and may be empty.
func trouble(code, hint, format string, args ...any) *failure {
	return &failure{Type: "about:blank", Title: code, Code: code, Hint: hint, Detail: fmt.Sprintf(format, args...)}
}

// codeUsage marks what was wrong with the command line itself.
const codeUsage = "usage"

// codeFile marks a file that cannot be read or written.
const codeFile = "file"

func usage(hint, format string, args ...any) error {
	return trouble(codeUsage, hint, format, args...)
}

// needed refuses a flag that must be given and was not.
func needed(flag, value, why string) error {
	if strings.TrimSpace(value) != "" {
		return nil
	}
	return usage("say "+flag+" "+why, "%s is missing", flag)
}

// exitWith ends a command whose output says already what is to be said.
type exitWith int

func (e exitWith) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// fail tells err to the person, or with --json to a program, and returns the
// exit status.
func (t *tool) fail(err error) int {
	var silent exitWith
	if errors.As(err, &silent) {
		return int(silent)
	}
	known := t.known(err)
	if f, ok := known.(*failure); ok {
		f.Detail = withoutPackage(f.Detail)
	}
	if t.json {
		if raw, err := json.Marshal(known); err == nil {
			fmt.Fprintf(t.errs, "%s\n", raw)
		}
	} else {
		t.tell(known)
	}
	// Where no node is asked, nobody said no.
	if local, ok := known.(*failure); ok && (local.Code == codeUsage || local.Code == codeFile && !t.asked) {
		return exitUsage
	}
	return exitNo
}

// known is err as one of the two problems that can be shown.
func (t *tool) known(err error) error {
	var answered *api.Problem
	if errors.As(err, &answered) {
		return answered
	}
	var local *failure
	if errors.As(err, &local) {
		return local
	}
	var inner *problem.Problem
	if errors.As(err, &inner) {
		f := trouble(string(inner.Code), inner.Hint, "%s", inner.Text)
		f.Details = inner.Details
		return f
	}
	var file *fs.PathError
	if errors.As(err, &file) {
		hint := "check the path"
		if file.Op == "write" {
			hint = "make room where it is to be written, or write elsewhere"
		}
		return trouble(codeFile, hint, "%s: %v", file.Path, file.Err)
	}
	if errors.Is(err, stix.ErrBundle) {
		return trouble(codeFile, "see tocsin stix check FILE", "%s", err)
	}
	if !t.began { // cobra could not make sense of the command line
		return trouble(codeUsage, "see tocsin help", "%s", firstLine(err.Error()))
	}
	if errors.Is(err, api.ErrAnswer) {
		return trouble("answer", "check the address: a tocsin node must answer there", "%s", plain(err.Error()))
	}
	if errors.Is(err, context.Canceled) {
		return trouble("interrupted", "run it again", "it was interrupted")
	}
	if !t.asked {
		return trouble("failed", "try it again", "%s", err)
	}
	return trouble("failed", "try it again; if it fails again, look at what the node logs", "%s", err)
}

func (t *tool) tell(err error) {
	p := page{step: t.step}
	switch e := err.(type) {
	case *api.Problem:
		p.line("tocsin: %s", e.Error())
		for _, detail := range e.Details {
			p.line("  - %s", detail)
		}
		if e.Status == 401 && (t.token != "" || t.tokenFile != "") {
			p.next("ask an administrator for a new token: tocsin token add NAME")
		} else if e.Status == 401 && strings.HasPrefix(e.Hint, "tocsin ") {
			p.next("%s", e.Hint)
		} else if e.Status == 401 {
			p.next("sign in with a link from an administrator: tocsin signin LINK, then use --as NAME; an overseer with a key of their own: tocsin overseer sign-in --key FILE")
		} else {
			p.next("%s", t.hint(e.Code, e.Hint))
		}
		if e.Reference != "" {
			p.line("  reference: %s", e.Reference)
		}
	case *failure:
		p.line("tocsin: %s", e.Detail)
		for _, detail := range e.Details {
			p.line("  - %s", detail)
		}
		p.next("%s", t.hint(e.Code, e.Hint))
	}
	fmt.Fprint(t.errs, p.text())
}

// hint is what to do next, also where whoever refused did not say.
func (t *tool) hint(code, hint string) string {
	if code == api.CodeReason {
		return "say why with --reason TEXT: it is asked once in eight hours, and stands in the list of readings"
	}
	if hint != "" {
		return hint
	}
	switch problem.Code(code) {
	case problem.Missing:
		return "look at the list, and give the whole id or name"
	case problem.Denied:
		return "somebody with the right role must; see who: tocsin person list"
	case problem.Conflict:
		return "look at how it stands now: tocsin status"
	case problem.Busy:
		return "try again in a moment"
	case problem.Internal:
		return "look for the reference in what the node logs"
	}
	return "mend it and try again, or see tocsin help"
}

// packageName is how an error names the package it comes from.
var packageName = regexp.MustCompile(`(^|: |\n)(?:(?:stix|taxii|taxiiclient|pattern|detect|feeds|intake): )+`)

// withoutPackage leaves out of an error's text which package of ours it comes from.
func withoutPackage(text string) string { return packageName.ReplaceAllString(text, "$1") }

// unreadable is why something in a file cannot be read, as people are told.
func unreadable(text string) string {
	return strings.Replace(withoutPackage(text), "cannot read the bundle: ", "", 1)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
