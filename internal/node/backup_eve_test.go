// SPDX-License-Identifier: Apache-2.0

package node

// This file restores what eve sealed: whoever knows a recipient can seal a file
// for it.

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// entry is one file of an archive as no writer writes it.
func entry(name string, kind byte, content string) []byte {
	block := make([]byte, 512)
	copy(block, name)
	copy(block[100:], fmt.Sprintf("%07o\x00", 0o600))
	copy(block[124:], fmt.Sprintf("%011o\x00", len(content)))
	copy(block[136:], fmt.Sprintf("%011o\x00", 0))
	block[156] = kind
	copy(block[257:], "ustar\x0000")
	copy(block[148:], "        ")
	sum := 0
	for _, b := range block {
		sum += int(b)
	}
	copy(block[148:], fmt.Sprintf("%06o\x00 ", sum))
	padded := make([]byte, (len(content)+511)/512*512)
	copy(padded, content)
	return append(block, padded...)
}

func record(key, value string) string {
	for n := len(key) + len(value) + 3; ; n++ {
		if line := fmt.Sprintf("%d %s=%s\n", n, key, value); len(line) == n {
			return line
		}
	}
}

// A file with holes would fill the disk from a few bytes; links and names from
// elsewhere would reach out of the directory. Nothing of them is written.
func TestBackupsThatReachFurther(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	holes := record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") + record("GNU.sparse.name", store.File) + record("GNU.sparse.realsize", "67108864")
	for name, archive := range map[string][]byte{
		"holes":        append(entry("holes", 'x', holes), entry(store.File, '0', "1\n67108864\n0\n"+string(make([]byte, 499)))...),
		"a link":       entry(store.File, '2', ""),
		"a directory":  entry("../", '5', ""),
		"outside":      entry("../"+store.File, '0', "out"),
		"by its root":  entry("/"+store.File, '0', "out"),
		"another file": entry("lock", '0', "out"),
		"store twice":  append(entry(store.File, '0', ""), entry(store.File, '0', "twice")...),
	} {
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, identity.Recipient())
		if err == nil {
			_, err = w.Write(append(archive, make([]byte, 1024)...))
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		parent := t.TempDir()
		dir := filepath.Join(parent, "again")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := unpack(bytes.NewReader(sealed.Bytes()), Opener{Identities: []byte(identity.String())}, dir); !problem.Is(err, problem.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		if info, err := os.Stat(filepath.Join(dir, store.File)); err == nil && info.Size() > 0 || len(listing(t, parent)) != 1 {
			t.Errorf("%s: wrote %v, %q", name, info, listing(t, parent))
		}
	}
}

// What lies in the directory before a restore is not taken for what it wrote, when
// it fails.
func TestARestoreThatFailsRemovesNothingElse(t *testing.T) {
	backup := backedUpOf(t, initialised(t, nil), api.Backup{Passphrase: safe})
	for _, name := range restoredFiles {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := Restore(t.Context(), silent(), bytes.NewReader(backup), Restoring{Dir: dir, Open: Opener{Passphrase: []byte("another passphrase")}})
		if raw, lost := os.ReadFile(filepath.Join(dir, name)); !problem.Is(err, problem.Conflict) || lost != nil || string(raw) != "mine" {
			t.Errorf("%s: %v, %v", name, err, lost)
		}
	}
}

// An administrator's token is no way to guess at the passphrase faster than at the
// file: even the right one is not looked at so soon.
func TestGuessesForABackup(t *testing.T) {
	file, now := &keyFile{passphrase: []byte(safe)}, time.Now()
	for _, try := range []struct {
		after time.Duration
		say   string
		code  problem.Code // empty: allowed
	}{
		{0, safe, ""}, {0, "a wrong one", problem.Denied}, {time.Millisecond, safe, problem.Busy}, {guessPause - 1, "another", problem.Busy},
		{guessPause, "a third", problem.Denied}, {2*guessPause - 1, safe, problem.Busy}, {2 * guessPause, safe, ""}, {2 * guessPause, safe, ""},
	} {
		if err := file.permits(api.Backup{Passphrase: try.say}, nil, now.Add(try.after)); (err == nil) != (try.code == "") || err != nil && !problem.Is(err, try.code) {
			t.Errorf("%s later, %q: %v", try.after, try.say, err)
		}
	}
	if err := file.permits(api.Backup{To: []string{"age1y"}}, []string{"age1y"}, now); err != nil {
		t.Errorf("a recipient that is named: %v", err)
	}
}
