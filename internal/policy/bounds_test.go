// SPDX-License-Identifier: Apache-2.0

package policy

// This file gives the reader of policies texts that are made to keep it busy.

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestTextsThatKeepBusy(t *testing.T) {
	rule := func(when string) string {
		return `@id("x") @says("x") permit (principal is Partner, action == Action::"send", resource is Warning) when { ` + when + ` };`
	}
	for name, test := range map[string]struct{ text, fault string }{
		"brackets":           {rule(strings.Repeat("(", MaxText-200)), "brackets lie more than 100 deep"},
		"brackets that end":  {rule(strings.Repeat("(", 90) + "true" + strings.Repeat(")", 90)), ""},
		"lists":              {rule(strings.Repeat("[", 200)), "brackets lie more than 100 deep"},
		"signs":              {rule(strings.Repeat("!", MaxText-200) + "true"), "a rule is longer than"},
		"a chain":            {rule(strings.Repeat("true && ", 5000) + "true"), "a rule is longer than"},
		"brackets in a word": {rule(`resource.threat_type == "` + strings.Repeat("(", 200) + `\"("`), `threat_type is never`},
		"a long comment":     {"// " + strings.Repeat("((", 20_000) + "\n" + rule("resource.nothing"), "nothing"},
	} {
		_, err := Read("policy.cedar", []byte(test.text))
		if test.fault == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.fault) {
			t.Errorf("%s: %.300v, want …%s…", name, err, test.fault)
		}
	}
	var many strings.Builder
	for i := range 400 {
		fmt.Fprintf(&many, "@id(\"r%d\") @says(\"x\") permit (principal is Partner, action == Action::\"send\", resource is Warning) when { resource.nothing };\n", i)
	}
	_, err := Read("policy.cedar", []byte(many.String()))
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != maxFaults+1 || !strings.Contains(faults[maxFaults].Text, "more faults") {
		t.Errorf("%d faults, the last: %+v", len(faults), faults[len(faults)-1])
	}
}
