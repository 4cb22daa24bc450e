// SPDX-License-Identifier: Apache-2.0

package policy_test

// This file tests what no schedule may send.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/stix"
)

func TestMayPush(t *testing.T) {
	tests := []struct {
		object string
		want   bool
	}{
		{`{"type":"indicator"}`, true},
		{`{"type":"identity","identity_class":"organization"}`, true},
		{`{"type":"identity","identity_class":"group"}`, true},
		{`{"type":"identity","identity_class":"system"}`, true},
		{`{"type":"identity","identity_class":"class"}`, true},
		{`{"type":"identity","identity_class":"individual"}`, false},
		{`{"type":"identity","identity_class":"unspecified"}`, false},
		{`{"type":"identity","identity_class":"Individual"}`, false},
		{`{"type":"identity","identity_class":["group"]}`, false},
		{`{"type":"identity"}`, false},
		{`{"type":"user-account","user_id":"1"}`, false},
		{`{"type":"email-addr","value":"info@example.org"}`, true},
		{`{"type":"email-addr","value":"eve@example.org","display_name":"Eve"}`, false},
		{`{"type":"email-addr","value":"eve@example.org","belongs_to_ref":"user-account--1"}`, false},
		{`{"type":"user-account","account_login":"root"}`, true},
		{`{"type":"threat-actor","name":"Ivan Petrov"}`, false},
		{`{"type":"threat-actor","name":"Grey Spider"}`, true},
		{`{"type":"note","content":"c","authors":["Kim Lee"]}`, false},
		{`{"type":"x-misp-object","x_misp_name":"person"}`, false},
	}
	for _, test := range tests {
		object, err := stix.Parse([]byte(test.object))
		if err != nil {
			t.Fatal(err)
		}
		if said := policy.Shipped().MayPush(handling.Red, handling.Green, object); said.Allowed != test.want || (said.Reason.Rule == "person") == said.Allowed {
			t.Errorf("%s: %+v", test.object, said)
		}
	}
}
