// SPDX-License-Identifier: Apache-2.0

package node

// This file takes backups of a node that is not running, spoils them in every
// way, and restores what is whole.

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

const safe = "six words that nobody will guess"

func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// initialised makes a node that never ran, its key file sealed or not.
func initialised(t *testing.T, passphrase []byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "alpha")
	if _, err := Init(t.Context(), silent(), Setup{Dir: dir, Name: "alpha", Country: "NO", Passphrase: passphrase}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func asked(passphrase string) Passphrase {
	return func() ([]byte, error) { return []byte(passphrase), nil }
}

func backedUpOf(t *testing.T, dir string, order api.Backup) []byte {
	t.Helper()
	var file bytes.Buffer
	made, err := Backup(t.Context(), silent(), dir, asked(safe), order, &file)
	if err != nil {
		t.Fatal(err)
	}
	if made.Node != "alpha" || made.Size == 0 || made.Bytes != int64(file.Len()) {
		t.Fatalf("made %+v", made)
	}
	if left, err := filepath.Glob(filepath.Join(dir, copyFile+"*")); err != nil || len(left) > 0 {
		t.Fatalf("left %q, %v", left, err)
	}
	return file.Bytes()
}

// A backup is the whole node, and needs nothing but what opens it, whether the key
// file is sealed or not, and whomever it is sealed for.
func TestBackupIsTheWholeNode(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		sealed []byte
		order  api.Backup
		open   Opener
		fresh  []byte
	}{
		"by a passphrase":             {nil, api.Backup{Passphrase: safe}, Opener{Passphrase: []byte(safe)}, nil},
		"the key file sealed":         {[]byte(safe), api.Backup{Passphrase: safe}, Opener{Passphrase: []byte(safe)}, nil},
		"for a recipient":             {nil, api.Backup{To: []string{identity.Recipient().String()}}, Opener{Identities: []byte(identity.String())}, nil},
		"sealed, and for a recipient": {[]byte(safe), api.Backup{To: []string{identity.Recipient().String()}}, Opener{Identities: []byte(identity.String())}, []byte("another passphrase")},
	} {
		t.Run(name, func(t *testing.T) {
			dir := initialised(t, test.sealed)
			if err := os.WriteFile(filepath.Join(dir, policyFile), []byte("quorum none\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			backup := backedUpOf(t, dir, test.order)
			if made, audit, err := CheckBackup(t.Context(), silent(), bytes.NewReader(backup), test.open); err != nil || !audit.OK || made.Node != "alpha" {
				t.Fatalf("checked: %+v, %+v, %v", made, audit, err)
			}
			restored := filepath.Join(t.TempDir(), "again")
			order := Restoring{Dir: restored, Open: test.open}
			if test.fresh != nil {
				if _, _, err := Restore(t.Context(), silent(), bytes.NewReader(backup), order); !problem.Is(err, problem.Invalid) {
					t.Fatalf("a sealed key file was restored without a passphrase: %v", err)
				}
				order.Passphrase = test.fresh
			}
			if _, _, err := Restore(t.Context(), silent(), bytes.NewReader(backup), order); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{configFile, tokenFile, policyFile} {
				before, one := os.ReadFile(filepath.Join(dir, file))
				after, other := os.ReadFile(filepath.Join(restored, file))
				if one != nil || other != nil || !bytes.Equal(before, after) {
					t.Errorf("%s: %v, %v, the same %t", file, one, other, bytes.Equal(before, after))
				}
			}
			passphrase := safe
			if test.fresh != nil {
				passphrase = string(test.fresh)
			}
			ring, file, err := readKeys(restored, asked(passphrase))
			if err != nil || (file.passphrase != nil) != (test.sealed != nil) {
				t.Fatalf("the keys: sealed %t, %v", file.passphrase != nil, err)
			}
			first, _, err := readKeys(dir, asked(safe))
			if err != nil || first.ID() != ring.ID() {
				t.Errorf("another node: %v", err)
			}
			// Over a node nothing is restored, and what is there stays.
			before := listing(t, restored)
			if _, _, err := Restore(t.Context(), silent(), bytes.NewReader(backup), order); !problem.Is(err, problem.Conflict) {
				t.Errorf("restored over a node: %v", err)
			}
			if after := listing(t, restored); !slices.Equal(before, after) {
				t.Errorf("there was %q and is %q", before, after)
			}
		})
	}
}

func listing(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// A wrong passphrase, a backup that was cut off anywhere, and one with a byte
// changed leave nothing behind.
func TestSpoiltBackups(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := initialised(t, nil)
	whole := backedUpOf(t, dir, api.Backup{To: []string{identity.Recipient().String()}})
	open := Opener{Identities: []byte(identity.String())}
	flipped := func(at int) []byte {
		spoilt := bytes.Clone(whole)
		spoilt[at] ^= 1
		return spoilt
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		backup []byte
		open   Opener
		code   problem.Code
	}{
		"another identity":       {whole, Opener{Identities: []byte(other.String())}, problem.Denied},
		"a passphrase":           {whole, Opener{Passphrase: []byte(safe)}, problem.Denied},
		"empty":                  {nil, open, problem.Invalid},
		"the head alone":         {whole[:300], open, problem.Invalid},
		"half":                   {whole[:len(whole)/2], open, problem.Invalid},
		"a byte short":           {whole[:len(whole)-1], open, problem.Invalid},
		"without the last piece": {whole[:len(whole)-(len(whole)-300)%(64<<10+16)-1], open, problem.Invalid},
		"a byte too many":        {append(bytes.Clone(whole), 0), open, problem.Invalid},
		"changed in the store":   {flipped(len(whole) / 2), open, problem.Invalid},
		"changed at the end":     {flipped(len(whole) - 1), open, problem.Invalid},
	} {
		restored := filepath.Join(t.TempDir(), "again")
		_, _, err := Restore(t.Context(), silent(), bytes.NewReader(test.backup), Restoring{Dir: restored, Open: test.open})
		if !problem.Is(err, test.code) {
			t.Errorf("%s: %v", name, err)
		}
		if left := listing(t, restored); len(left) > 0 {
			t.Errorf("%s: left %q", name, left)
		}
		if _, _, err := CheckBackup(t.Context(), silent(), bytes.NewReader(test.backup), test.open); !problem.Is(err, test.code) {
			t.Errorf("%s, checked: %v", name, err)
		}
	}
}

// A restore that was killed half-way is no node, says so, and is not gone on with.
func TestHalfRestored(t *testing.T) {
	dir := initialised(t, nil)
	backup := backedUpOf(t, dir, api.Backup{Passphrase: safe})
	half := t.TempDir()
	if err := os.WriteFile(filepath.Join(half, "tocsin.db"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(silent(), half, Options{}); !problem.Is(err, problem.Missing) {
		t.Errorf("half a node was opened: %v", err)
	}
	if _, _, err := Restore(t.Context(), silent(), bytes.NewReader(backup), Restoring{Dir: half, Open: Opener{Passphrase: []byte(safe)}}); !problem.Is(err, problem.Conflict) {
		t.Errorf("restored over half a node: %v", err)
	}
	// What a backup that was killed left is no hindrance to the next.
	for _, name := range []string{copyFile, copyFile + "-journal"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	backedUpOf(t, dir, api.Backup{Passphrase: safe})
}

// An administrator's token alone has no backup sealed.
func TestWhoMayHaveABackupSealed(t *testing.T) {
	dir := initialised(t, nil)
	file := &keyFile{dir: dir}
	proof, err := BackupProof(dir)
	if err != nil {
		t.Fatal(err)
	}
	sealed := &keyFile{dir: dir, passphrase: []byte(safe)}
	for name, test := range map[string]struct {
		file    *keyFile
		order   api.Backup
		named   []string
		allowed bool
	}{
		"a passphrase of one's own":           {file, api.Backup{Passphrase: safe}, nil, false},
		"and a wrong proof":                   {file, api.Backup{Passphrase: safe, Proof: keyProof([]byte("guessed"))}, nil, false},
		"who reads the key file":              {file, api.Backup{Passphrase: safe, Proof: proof}, nil, true},
		"a recipient that nobody named":       {file, api.Backup{To: []string{"age1x"}}, []string{"age1y"}, false},
		"a named one and another":             {file, api.Backup{To: []string{"age1y", "age1x"}}, []string{"age1y"}, false},
		"a named one":                         {file, api.Backup{To: []string{"age1y"}}, []string{"age1y"}, true},
		"sealed, with its passphrase":         {sealed, api.Backup{Passphrase: safe}, nil, true},
		"sealed, with another":                {sealed, api.Backup{Passphrase: "something else"}, nil, false},
		"sealed, and the proof of reading it": {sealed, api.Backup{Passphrase: "something else", Proof: proof}, nil, false},
	} {
		test.file.wrong = time.Time{}
		if err := test.file.permits(test.order, test.named, time.Now()); (err == nil) != test.allowed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A process may end between any two steps of an init or of a restore. Whoever
// looks at the directory at any moment finds the whole configuration or none: an
// empty one would be neither half of a node, which can be removed, nor a node.
func TestAConfigurationIsNeverThereInPart(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file := backedUpOf(t, initialised(t, nil), api.Backup{To: []string{identity.Recipient().String()}})
	ways := map[string]func(dir string) error{
		"init": func(dir string) error {
			_, err := Init(t.Context(), silent(), Setup{Dir: dir, Name: "alpha", Country: "NO"})
			return err
		},
		"restore": func(dir string) error {
			_, _, err := Restore(t.Context(), silent(), bytes.NewReader(file), Restoring{Dir: dir, Open: Opener{Identities: []byte(identity.String())}})
			return err
		},
	}
	for name, way := range ways {
		for range 10 {
			dir := filepath.Join(t.TempDir(), "alpha")
			ended := make(chan error, 1)
			go func() { ended <- way(dir) }()
			var first, whole []byte
			err := fs.ErrNotExist
			for errors.Is(err, fs.ErrNotExist) && len(ended) == 0 {
				first, err = os.ReadFile(filepath.Join(dir, configFile))
			}
			seen := err == nil
			if err := <-ended; err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if whole, err = os.ReadFile(filepath.Join(dir, configFile)); err != nil {
				t.Fatal(err)
			}
			if seen && !bytes.Equal(first, whole) {
				t.Fatalf("%s: somebody who looked found %q", name, first)
			}
		}
	}
}
