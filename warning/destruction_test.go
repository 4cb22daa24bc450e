// SPDX-License-Identifier: Apache-2.0

package warning_test

// This file holds what a notice of destruction must say.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/warning"
)

func TestDestructions(t *testing.T) {
	hash := strings.Repeat("0a", 32)
	d := warning.Destruction{ID: "destruction--1", Case: "warning--1", Messages: []string{hash}, Ground: warning.DestroyedByDate, At: now}
	says(t, "by the date", d.Validate())
	if got := d.Words(); got != "the text of 1 message was erased: the review date came, and nobody decided to keep it" {
		t.Error(got)
	}
	half := d
	half.By = warning.Officer{Name: "Releaser 1"}
	says(t, "half an officer", half.Validate(), "by.role: must be said")
	asked := d
	asked.Ground, asked.Messages = warning.DestroyedByRedress, []string{hash, hash}
	says(t, "redress by nobody", asked.Validate(), "by.name: must be said", "by.role: must be said")
	asked.By = warning.Officer{Name: "Releaser 1", Role: "releaser"}
	says(t, "redress", asked.Validate())
	if got := asked.Words(); got != "the texts of 2 messages were erased: a request for redress" {
		t.Error(got)
	}
	says(t, "empty", (&warning.Destruction{}).Validate(), "id: must be said", "case: must be said", "messages: 1 to 1000", "ground: ", "by.name", "by.role", "at: must be said")
	many := d
	many.Messages = make([]string, warning.MaxDestroyed+1)
	for i := range many.Messages {
		many.Messages[i] = hash
	}
	says(t, "too many", many.Validate(), "messages: 1 to 1000")
	short := d
	short.Messages = []string{"0a"}
	says(t, "no hash", short.Validate(), "messages: must be the hash of a message")
}
