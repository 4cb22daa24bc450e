// SPDX-License-Identifier: Apache-2.0

package node

// This file opens a backup, and checks that what is in it is a whole node.

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// maxSmall bounds every file of a backup but the store, in bytes.
const maxSmall = 1 << 20

// Opener opens backups: a passphrase, or age identities.
type Opener struct {
	Passphrase []byte
	Identities []byte // as age-keygen writes them
}

func (o Opener) identities() ([]age.Identity, error) {
	if o.Identities != nil {
		all, err := age.ParseIdentities(strings.NewReader(string(o.Identities)))
		if err != nil {
			return nil, problem.New(problem.Invalid, "give a file as age-keygen writes it", "the file of identities cannot be read")
		}
		return all, nil
	}
	identity, err := age.NewScryptIdentity(string(o.Passphrase))
	if err != nil {
		return nil, problem.New(problem.Denied, "give the passphrase the backup was sealed with", "an empty passphrase opens nothing")
	}
	identity.SetMaxWorkFactor(keys.MaxWorkFactor)
	return []age.Identity{identity}, nil
}

// damaged is the answer to a backup that is not whole. Nothing of it is kept.
func damaged(cause error) error {
	return problem.New(problem.Invalid, "take another copy of it, or the backup before it", "the backup is cut off or damaged: nothing was kept of it").Because(cause)
}

// backedUp is a backup as it was read: the store lies in its directory.
type backedUp struct {
	Manifest
	config []byte
	ring   *keys.Ring
	others map[string][]byte
}

// unpack reads a backup from its beginning to its end. The store is written into
// dir; whatever else there is, is small and is returned.
func unpack(r io.Reader, open Opener, dir string) (b backedUp, err error) {
	identities, err := open.identities()
	if err != nil {
		return b, err
	}
	plain, err := age.Decrypt(r, identities...)
	if open.Identities == nil {
		debug.FreeOSMemory() // what scrypt took
	}
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return b, problem.New(problem.Denied, "try again; nothing was changed. A backup for a recipient is opened with --identity FILE", "this does not open the backup")
	}
	if err != nil {
		return b, damaged(err)
	}
	b.others = make(map[string][]byte)
	archive := tar.NewReader(plain)
	stored := false
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || header.Typeflag != tar.TypeReg || holed(header) {
			return b, damaged(err)
		}
		if header.Name == store.File && !stored {
			if err := writeStream(filepath.Join(dir, store.File), archive); err != nil {
				return b, err
			}
			stored = true
			continue
		}
		if err := b.take(header.Name, archive); err != nil {
			return b, err
		}
	}
	// The end of the seal is what says that nothing was cut off.
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return b, damaged(err)
	}
	if b.Version != manifestVersion || b.ring == nil || b.config == nil || !stored {
		return b, damaged(errors.New("node: something is missing in the backup"))
	}
	if b.ring.ID() != b.ID || b.ring.Number() != b.Keys {
		return b, damaged(errors.New("node: the keys are not those of the manifest"))
	}
	return b, nil
}

// holed reports whether a file says that it has holes: a few bytes would fill
// the disk. Whoever knows a recipient could have sealed them.
func holed(header *tar.Header) bool {
	for name := range header.PAXRecords {
		if strings.HasPrefix(name, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// take reads one of the small files.
func (b *backedUp) take(name string, r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, maxSmall+1))
	if err != nil || len(raw) > maxSmall {
		return damaged(err)
	}
	switch {
	case name == manifestFile:
		err = json.Unmarshal(raw, &b.Manifest)
		if err == nil && b.Version != manifestVersion {
			return problem.New(problem.Invalid, "use a newer tocsin", "the backup is of version %d, this program knows %d", b.Version, manifestVersion)
		}
	case name == configFile:
		b.config = raw
		_, err = parseConfig(raw)
	case name == keysFile:
		b.ring, err = keys.Parse(raw)
		clear(raw)
	case slices.Contains(optionalFiles[:], name):
		b.others[name] = raw
	default:
		err = fmt.Errorf("node: %q in a backup", name)
	}
	if err != nil {
		return damaged(err)
	}
	return nil
}

// writeStream writes a file that only its owner may read.
func writeStream(path string, r io.Reader) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	// What cannot be read is the backup's fault, what cannot be written the disk's.
	source := &failing{r: r}
	_, err = io.Copy(file, source)
	err = errors.Join(err, file.Sync(), file.Close())
	switch {
	case source.err != nil:
		return damaged(source.err)
	case err != nil:
		return fmt.Errorf("node: writing %s: %w", filepath.Base(path), err)
	}
	return nil
}

// failing remembers that reading failed.
type failing struct {
	r   io.Reader
	err error
}

func (f *failing) Read(into []byte) (int, error) {
	n, err := f.r.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// CheckBackup opens a backup into a directory of its own, which is gone
// afterwards, and verifies what is in it as tocsin ledger verify does: the whole
// log against the checkpoint, every row, every signature and every receipt.
func CheckBackup(ctx context.Context, log *slog.Logger, r io.Reader, open Opener) (api.BackedUp, api.Audit, error) {
	dir, err := checkingDir()
	if err != nil {
		return api.BackedUp{}, api.Audit{}, err
	}
	b, err := unpack(r, open, dir)
	var audit api.Audit
	if err == nil {
		audit, err = b.verify(ctx, log, dir)
	}
	return b.words(), audit, errors.Join(err, os.RemoveAll(dir))
}

func (b *backedUp) words() api.BackedUp {
	words := api.BackedUp{Node: b.Node, ID: b.ID, Made: b.Made, Size: b.Size, Root: b.Root}
	if b.ring != nil {
		words.Digits = envelope.Groups(b.ring.Card("").Digits())
	}
	return words
}

// verify verifies the store in dir. It writes into it: a reading of the log is
// logged.
func (b *backedUp) verify(ctx context.Context, log *slog.Logger, dir string) (api.Audit, error) {
	kept, err := store.Open(log, dir, b.ring.SignCheckpoint)
	if err != nil {
		return api.Audit{}, damaged(err)
	}
	newest, err := kept.Newest()
	var audit api.Audit
	if err == nil && (newest.Size != b.Size || newest.Root != b.Root) {
		err = damaged(errors.New("node: the log is not the one of the manifest"))
	}
	if err == nil {
		audit, err = shelf.New(log, kept, b.ring.Card(""), "").Verify(ctx, caller.Self(), nil)
	}
	return audit, errors.Join(err, kept.Close())
}
