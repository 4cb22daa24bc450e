// SPDX-License-Identifier: Apache-2.0

package main

// This file computes the deterministic ids of observables, without a node.

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/stix"
)

// identified is one observable of a file, as tocsin stix id prints it.
type identified struct {
	File         string         `json:"file"`
	Index        int            `json:"index"` // of the object in the file, from 0; -1 is the file
	Type         string         `json:"type,omitempty"`
	ID           string         `json:"id,omitempty"`       // as written
	Computed     string         `json:"computed,omitempty"` // none where the id is to be random
	Same         bool           `json:"same"`
	Contributing jsontext.Value `json:"contributing,omitempty"` // what the id is computed of
	Unreadable   string         `json:"unreadable,omitempty"`
}

// wrong reports whether an id pretends to be the computed one and is not: it has
// a UUID of version 5. STIX 2.1 §2.9
func (line identified) wrong() bool {
	_, unique, ok := stix.SplitID(line.ID)
	return line.ID != "" && !line.Same && (!ok || unique.Version() == uuid.Version(5))
}

func (t *tool) stixIDCommand() *cobra.Command {
	c := t.command("id FILE…", "compute the ids of observables; exit 1 if a written one is wrong, 2 if something cannot be read", func(_ context.Context, args []string) error {
		worst := exitOK
		for _, path := range args {
			status, err := t.identifyFile(path)
			if err != nil {
				return err
			}
			worst = max(worst, status)
		}
		if worst != exitOK {
			return exitWith(worst)
		}
		return nil
	})
	c.Long = `Compute the deterministic ids of observables by their contributing properties
(STIX 2.1 §2.9). FILE is a bundle, a single object or JSON lines; - is the standard
input. An observable need not have an id yet; other objects are passed over.

A written id with a UUID of version 5 that is not the computed one is wrong, and so
is what is no id at all. A random id, of version 4, is allowed.

Exit status 0: no id is wrong; 1: one is; 2: something cannot be read, or the output
cannot be written.

  tocsin stix id observed.json`
	return c
}

// identifyFile prints the ids of one file as it is read.
func (t *tool) identifyFile(path string) (int, error) {
	file, err := t.open(path)
	if err != nil {
		return exitUsage, t.printIdentified(identified{File: path, Index: -1, Unreadable: reason(err)})
	}
	defer file.Close()
	worst, index := exitOK, -1
	for object, err := range stix.ReadFile(file, nil) {
		index++
		line := identified{File: path, Index: index, Type: object.Type(), ID: object.ID()}
		switch {
		case err != nil:
			line.Unreadable = plain(cause(err))
			worst = exitUsage
		case !stix.Observable(object.Type()):
			continue
		default:
			line.Computed, err = stix.DeterministicID(object)
			if err != nil && !errors.Is(err, stix.ErrNoDeterministicID) {
				return worst, err
			}
			if err == nil {
				if line.Contributing, err = stix.DeterministicName(object); err != nil {
					return worst, err
				}
			}
			line.Same = line.Computed != "" && line.Computed == line.ID
			if line.wrong() {
				worst = max(worst, exitNo)
			}
		}
		if err := t.printIdentified(line); err != nil {
			return worst, err
		}
	}
	return worst, nil
}

func (t *tool) printIdentified(line identified) error {
	if t.json {
		raw, err := json.Marshal(line)
		if err == nil {
			_, err = fmt.Fprintf(t.out, "%s\n", raw)
		}
		return err
	}
	var p page
	at := where(line.File, line.Index)
	switch {
	case line.Unreadable != "":
		p.line("%s cannot be read: %s", at, unreadable(line.Unreadable))
	case line.Computed == "" && line.ID == "":
		p.line("%s: a random id: nothing in this %s makes one", at, line.Type)
	case line.Computed == "" && line.wrong():
		p.line("%s: WRONG: %s has no property of which an id is made; the id is to be random", at, line.ID)
	case line.Computed == "":
		p.line("%s: random, as it must be: %s", at, line.ID)
	case line.ID == "" || line.Same:
		p.line("%s: %s", at, line.Computed)
	case line.wrong():
		p.line("%s: %s, WRONG as written: %s", at, line.Computed, line.ID)
	default:
		p.line("%s: %s, written with one of its own: %s", at, line.Computed, line.ID)
	}
	_, err := fmt.Fprint(t.out, p.text())
	return err
}
