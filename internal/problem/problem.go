// SPDX-License-Identifier: Apache-2.0

// Package problem is the one kind of failure that a person may be told about.
//
// Every failure has two faces. Code, Text and Hint are safe to show to whoever
// asked; the cause is for the log alone. Whatever is not a Problem is ours to
// repair: doors answer "internal" with a reference, and the log has the rest.
package problem

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure it is, for programs. Doors hold one table
// from codes to their own answers.
type Code string

const (
	Invalid  Code = "invalid"  // what was sent is wrong; the text says how
	Denied   Code = "denied"   // this caller may not
	Missing  Code = "missing"  // not there, or not yours: the same answer
	Conflict Code = "conflict" // the state does not allow it
	Busy     Code = "busy"     // not now; trying again may help
	Refused  Code = "refused"  // a partner's message was not accepted, and no more is said
	Reason   Code = "reason"   // whoever asks must say why, and may then ask again
	Internal Code = "internal" // ours to repair
)

// A Problem is a failure that a person may be told about.
type Problem struct {
	Code Code
	Text string // one sentence, safe to show to anyone who may ask
	Hint string // what to do next; may be empty
	// Subject is what a reason is asked for, by its id.
	Subject string
	// Details lists what is wrong, a sentence each, where there is more than one
	// thing to say. Safe to show.
	Details []string
	cause   error
}

// New makes a problem. The hint may be empty.
func New(code Code, hint, format string, args ...any) *Problem {
	return &Problem{Code: code, Hint: hint, Text: fmt.Sprintf(format, args...)}
}

// Because keeps cause for the log and returns p.
func (p *Problem) Because(cause error) *Problem { p.cause = cause; return p }

// With adds details and returns p.
func (p *Problem) With(details ...string) *Problem {
	p.Details = append(p.Details, details...)
	return p
}

// Incomplete is an Invalid problem with everything that is wrong, a line each:
// err is what a noun's Validate joined.
func Incomplete(text string, err error) *Problem {
	return New(Invalid, "mend it and try again", "%s", text).With(strings.Split(err.Error(), "\n")...).Because(err)
}

// Error is for the log: it includes the cause.
func (p *Problem) Error() string {
	if p.cause != nil {
		return fmt.Sprintf("%s: %s: %v", p.Code, p.Text, p.cause)
	}
	return fmt.Sprintf("%s: %s", p.Code, p.Text)
}

func (p *Problem) Unwrap() error { return p.cause }

// Of returns the problem in err's chain, or an Internal one that says nothing
// and keeps err as its cause. Of(nil) is nil.
func Of(err error) *Problem {
	if err == nil {
		return nil
	}
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return New(Internal, "look in the node's log for the reference", "something went wrong inside the node").Because(err)
}

// Is reports whether err is a problem of the given code.
func Is(err error, code Code) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}
