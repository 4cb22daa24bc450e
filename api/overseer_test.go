// SPDX-License-Identifier: Apache-2.0

package api_test

// This file holds an overseer's public key to its format.

import (
	"bytes"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/api"
)

func publicKey(t testing.TB) api.OverseerKey {
	t.Helper()
	open, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return api.OverseerKey{Format: api.OverseerKeyFormat, Name: "olga", Sign: make([]byte, 32), Open: open.Recipient().String()}
}

func TestOverseerKey(t *testing.T) {
	good := publicKey(t)
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*api.OverseerKey){
		"another format": func(k *api.OverseerKey) { k.Format = "v2" }, "no name": func(k *api.OverseerKey) { k.Name = "" }, "half a key": func(k *api.OverseerKey) { k.Sign = k.Sign[1:] },
		"no recipient": func(k *api.OverseerKey) { k.Open = "age1" }, "an older recipient": func(k *api.OverseerKey) {
			k.Open = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
		},
	} {
		wrong := good
		change(&wrong)
		if wrong.Validate() == nil {
			t.Errorf("%s is a key", what)
		}
	}
	if groups := strings.Fields(good.Digits()); len(groups) != 8 || len(groups[0]) != 4 {
		t.Errorf("the digits are %q", good.Digits())
	}
	another := good
	another.Name = "otto"
	if another.Digits() == good.Digits() {
		t.Error("two names have the same digits")
	}
	if bytes.Equal(api.SignInInput("n", "https://a.example.org", "olga", "c"), api.SignInInput("n", "https://b.example.org", "olga", "c")) {
		t.Error("what is signed does not say where")
	}
}

func FuzzOverseerKey(f *testing.F) {
	f.Add([]byte(`{"format":"tocsin-overseer/v1","name":"olga","sign":"AAAA","open":"age1"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var key api.OverseerKey
		if api.Decode(raw, &key) == nil && key.Validate() == nil && len(strings.Fields(key.Digits())) != 8 {
			t.Errorf("%q has the digits %q", raw, key.Digits())
		}
	})
}
