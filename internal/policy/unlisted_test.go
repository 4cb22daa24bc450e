// SPDX-License-Identifier: Apache-2.0

package policy

// This file finds ways out that nobody listed: a new kind of message, and a new
// file that the shelf hands out.

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// saidHow names, for each kind of message, the question that is asked before one
// leaves; or why none is, which has a space in it.
var saidHow = map[string]string{
	"Warning": "send", "Update": "send",
	"Recall": "say", "RecallAnswer": "say", "Request": "say", "Reply": "say", "Acknowledgement": "say", "Outcome": "say", "Thanks": "say", "Dispute": "say",
	"PermissionRequest": "say", "Permission": "say",
	"Inquiry":       "say",
	"InquiryAnswer": "say",
	"Pledge":        "say",
	"PledgeEnd":     "say",
	"Terms":         "the channel's own",
	"State":         "the channel's own",
	"KeyChange":     "the channel's own",
	"Voice":         "key material, sealed",
	"Destruction":   "hashes alone",
	"Objects":       "kept from an older draft: no trip makes one",
}

func TestEveryKindOfMessageIsAskedAbout(t *testing.T) {
	raw, err := os.ReadFile("../../envelope/envelope.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`(?m)^\t([A-Z]\w+)\s+Kind\s+=`).FindAllStringSubmatch(string(raw), -1)
	if len(kinds) < 15 {
		t.Fatalf("%d kinds found", len(kinds))
	}
	for _, kind := range kinds {
		if saidHow[kind[1]] == "" {
			t.Errorf("a message of the kind %s leaves, and this list does not say what is asked before", kind[1])
		}
	}
}

// handedOut names, for each file that the shelf hands out, what is asked before;
// or why nothing is.
var handedOut = map[string]string{
	"Dossier": "export", "Message": "export", "DossierFor": "export", "MessageFor": "export", "ReciprocityCSV": "export", "ReciprocitySTIX": "export", "CAP": "publish", "Gzip": "read",
	"ReadsCSV": "who read what, without what was read",
	"Receipt":  "proof without text", "Step": "proof without text", "Evidence": "checkpoints", "Cosigned": "checkpoints", "HeadOf": "checkpoints",
}

func TestEveryFileOfTheShelfIsAskedAbout(t *testing.T) {
	files, err := filepath.Glob("../shelf/*.go")
	if err != nil {
		t.Fatal(err)
	}
	method := regexp.MustCompile(`(?m)^func \(s \*Shelf\) ([A-Z]\w*)\(.*\) (\(.*\[\]byte.*\)|\[\]byte) \{$`)
	var found []string
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range method.FindAllStringSubmatch(string(raw), -1) {
			found = append(found, m[1])
			if handedOut[m[1]] == "" {
				t.Errorf("the shelf hands out bytes by %s, and this list does not say what is asked before", m[1])
			}
		}
	}
	for name := range handedOut {
		if !slices.Contains(found, name) {
			t.Errorf("the shelf has no %s: take it off the list", name)
		}
	}
}
