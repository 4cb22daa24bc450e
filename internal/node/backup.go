// SPDX-License-Identifier: Apache-2.0

package node

// This file writes a backup: one sealed file with everything that the node is.
// docs/spec/recovery.md is the format in words.

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// What stands in a backup, in this order, beside the files of the directory,
// which have their names there.
const (
	manifestFile = "backup.json" // a Manifest
	// copyFile is the store's copy while a backup is written; what a run that was
	// killed left of one is removed by the next.
	copyFile = "backup.db"
)

// manifestVersion is of the backups that are written.
const manifestVersion = 1

// Manifest says what a backup holds.
type Manifest struct {
	Version int       `json:"v"`
	Node    string    `json:"node"` // its name
	ID      string    `json:"id"`
	Made    time.Time `json:"made"`
	Keys    uint64    `json:"keys"` // how many changes of keys there were
	// KeysSealed says that the key file was sealed with a passphrase. In the backup
	// it is not: the backup is.
	KeysSealed bool   `json:"keys_sealed,omitzero"`
	Size       int64  `json:"size"` // of the log
	Root       string `json:"root"` // hex
	Checkpoint string `json:"checkpoint"`
}

// Backup writes a backup of the running node to w: a copy of the store of one
// moment, the keys, the configuration and the policy, sealed as the order says.
// begin is called when it is certain that there will be one.
//
// Whoever has a backup that they can open is the node. So it is sealed as
// somebody may order who has the keys already: who knows the passphrase of the
// key file, or can read a key file that is not sealed; or for the recipients
// that node.json names.
func (n *Node) Backup(ctx context.Context, who caller.Caller, order api.Backup, begin func(), w io.Writer) (api.BackedUp, error) {
	what := store.What{Act: caller.BackUp}
	if err := n.Store.May(ctx, who, what); err != nil {
		return api.BackedUp{}, err
	}
	if err := n.file.permits(order, n.config.BackupTo, n.Store.Now()); err != nil {
		return api.BackedUp{}, n.Store.Deny(ctx, who, what, err)
	}
	recipients, err := recipients(order, n.file.passphrase)
	if err != nil {
		return api.BackedUp{}, err
	}
	return writeBackup(ctx, who, n.Store, n.ring, n.file, recipients, begin, w)
}

// Backup writes a backup of the node in dir, which is not running.
func Backup(ctx context.Context, log *slog.Logger, dir string, ask Passphrase, order api.Backup, w io.Writer) (made api.BackedUp, err error) {
	config, err := ReadConfig(dir)
	if err != nil {
		return made, err
	}
	ring, file, err := readKeys(dir, ask)
	if err != nil {
		return made, err
	}
	recipients, err := recipients(order, file.passphrase)
	if err != nil {
		return made, err
	}
	kept, err := openStore(log, dir, ring, file, config.Address)
	if err != nil {
		return made, err
	}
	made, err = writeBackup(ctx, caller.Self(), kept, ring, file, recipients, func() {}, w)
	return made, errors.Join(err, kept.Close())
}

// permits says whether an order comes from somebody who has the keys already.
func (f *keyFile) permits(order api.Backup, named []string, now time.Time) error {
	if len(order.To) > 0 && !slices.ContainsFunc(order.To, func(to string) bool { return !slices.Contains(named, to) }) {
		return nil
	}
	if f.passphrase != nil {
		if known, err := f.knows(order.Passphrase, now); known || err != nil {
			return err
		}
		return problem.New(problem.Denied, "give the passphrase of the key file, or name the recipient in \"backup_to\" of node.json", "whoever can open a backup is the node: it is sealed with the passphrase of its key file")
	}
	raw, err := os.ReadFile(filepath.Join(f.dir, keysFile))
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(order.Proof), []byte(keyProof(raw))) == 1 {
		return nil
	}
	return problem.New(problem.Denied, "call it on the node's machine with --dir DIR, or name the recipient in \"backup_to\" of node.json", "whoever can open a backup is the node: this takes somebody who can read its key file")
}

// keyProof shows that somebody can read a key file.
func keyProof(raw []byte) string {
	sum := sha256.Sum256(append([]byte("tocsin-backup-proof/v1\n"), raw...))
	return hex.EncodeToString(sum[:])
}

// BackupProof shows a running node that whoever asks can read its directory;
// empty if the key file is sealed: then its passphrase shows more.
func BackupProof(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, keysFile))
	if err != nil || keys.IsSealed(raw) {
		return "", err
	}
	return keyProof(raw), nil
}

// recipients are whom an order seals a backup for.
func recipients(order api.Backup, passphrase []byte) (all []age.Recipient, err error) {
	if len(order.To) == 0 {
		if passphrase != nil && subtle.ConstantTimeCompare(passphrase, []byte(order.Passphrase)) != 1 {
			return nil, problem.New(problem.Denied, "give the passphrase of the key file, or --to RECIPIENT", "the key file is sealed, and a backup is sealed with the same passphrase")
		}
		if err := CheckPassphrase([]byte(order.Passphrase)); err != nil {
			return nil, err
		}
		recipient, err := age.NewScryptRecipient(order.Passphrase)
		if err != nil {
			return nil, fmt.Errorf("node: %w", err)
		}
		recipient.SetWorkFactor(keys.WorkFactor)
		return []age.Recipient{recipient}, nil
	}
	for _, to := range order.To {
		parsed, err := age.ParseRecipients(strings.NewReader(to))
		if err != nil {
			return nil, problem.New(problem.Invalid, "give what age-keygen printed as the public key: age1…", "%.20q is no recipient", to)
		}
		all = append(all, parsed...)
	}
	return all, nil
}

// writeBackup copies the store and writes the archive.
func writeBackup(ctx context.Context, who caller.Caller, kept *store.Store, ring *keys.Ring, file *keyFile, to []age.Recipient, begin func(), w io.Writer) (made api.BackedUp, err error) {
	path := filepath.Join(file.dir, copyFile)
	if err := errors.Join(gone(path), gone(path+"-journal")); err != nil {
		return made, fmt.Errorf("node: %w", err)
	}
	// The ring and the store must be of one number: the change of keys is one
	// transaction of the store, and the ring follows it.
	number := ring.Number()
	head, err := kept.Backup(ctx, who, path)
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, gone(path)) }()
	raw, err := ring.Encode()
	if err != nil {
		return made, err
	}
	defer clear(raw)
	if ring.Number() != number {
		return made, problem.New(problem.Busy, "try again", "the node's keys were just being changed")
	}
	m := Manifest{
		Version: manifestVersion, Node: ring.Card("").Name, ID: ring.ID(), Made: head.At, Keys: number, KeysSealed: file.passphrase != nil,
		Size: head.Size, Root: head.Root, Checkpoint: head.Checkpoint,
	}
	begin()
	counted := &summed{w: w, sum: sha256.New()}
	sealed, err := age.Encrypt(counted, to...)
	if err != nil {
		return made, fmt.Errorf("node: sealing: %w", err)
	}
	archive := tar.NewWriter(sealed)
	if err := archiveAll(archive, file.dir, m, raw, path); err != nil {
		return made, err
	}
	if err := errors.Join(archive.Close(), sealed.Close()); err != nil {
		return made, fmt.Errorf("node: sealing: %w", err)
	}
	return api.BackedUp{
		Node: m.Node, ID: m.ID, Made: m.Made, Size: m.Size, Root: m.Root, Bytes: counted.n, SHA256: hex.EncodeToString(counted.sum.Sum(nil)),
	}, nil
}

// optionalFiles are those of a node's directory that need not be there.
var optionalFiles = [...]string{tokenFile, policyFile}

func archiveAll(archive *tar.Writer, dir string, m Manifest, ring []byte, copied string) error {
	described, err := json.Marshal(m)
	if err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(dir, configFile))
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	small := []struct {
		name    string
		content []byte
	}{{manifestFile, described}, {configFile, config}, {keysFile, ring}}
	for _, name := range optionalFiles {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("node: %w", err)
		}
		small = append(small, struct {
			name    string
			content []byte
		}{name, raw})
	}
	for _, f := range small {
		if err := archiveOne(archive, f.name, int64(len(f.content)), bytes.NewReader(f.content)); err != nil {
			return err
		}
	}
	file, err := os.Open(copied)
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	info, err := file.Stat()
	if err == nil {
		err = archiveOne(archive, store.File, info.Size(), file)
	}
	return errors.Join(err, file.Close())
}

func archiveOne(archive *tar.Writer, name string, size int64, content io.Reader) error {
	err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX})
	if err == nil {
		_, err = io.Copy(archive, content)
	}
	if err != nil {
		return fmt.Errorf("node: writing %s into the backup: %w", name, err)
	}
	return nil
}

// gone removes a file, which need not be there.
func gone(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// summed counts and sums what passes.
type summed struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (s *summed) Write(raw []byte) (int, error) {
	n, err := s.w.Write(raw)
	s.sum.Write(raw[:n])
	s.n += int64(n)
	return n, err
}
