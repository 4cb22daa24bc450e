// SPDX-License-Identifier: Apache-2.0

package dossier_test

// This file bends a dossier: what is still read must be the file that was
// written, and what still verifies must be the one that was signed.

import (
	"bytes"
	"testing"

	"github.com/tocsin-exchange/tocsin/dossier"
)

func FuzzParse(f *testing.F) {
	w := play(f)
	var goods [][]byte
	for _, text := range []bool{true, false} {
		good, err := w.signed(w.alpha, w.write(w.alpha, w.bravo, text)).Encode()
		must(f, err)
		goods = append(goods, good)
		f.Add(good)
	}
	f.Add([]byte(`{"dossier":{"format":"tocsin-dossier/v1"},"signature":""}` + "\n"))
	keys := w.trusted()
	f.Fuzz(func(t *testing.T, bent []byte) {
		s, err := dossier.Parse(bent)
		if err != nil {
			return
		}
		again, err := s.Encode()
		if err != nil || !bytes.Equal(again, bent) {
			t.Fatalf("read, and written another way: %v", err)
		}
		if report := dossier.Check(s, keys); report.OK() && !bytes.Equal(bent, goods[0]) && !bytes.Equal(bent, goods[1]) {
			t.Fatal("a forgery")
		}
	})
}
