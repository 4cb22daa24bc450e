// SPDX-License-Identifier: Apache-2.0

package keys

// This file seals the ring's file with a passphrase. The file is an age file with
// one scrypt recipient: the stock age program opens it, too.

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// WorkFactor is the base-2 logarithm of the cost of one guess: 2^18 rounds of
// scrypt, 256 MiB of memory. BenchmarkPassphrase measures it.
const WorkFactor = 18

// MinPassphrase is the shortest passphrase that is taken, in bytes.
const MinPassphrase = 12

// MaxWorkFactor bounds what a sealed file may ask for.
const MaxWorkFactor = 22

// maxFile bounds a ring's file, in bytes.
const maxFile = 1 << 20

// What can be wrong with a sealed file, or a passphrase.
var (
	ErrPassphrase = errors.New("keys: the passphrase does not open the key file")
	ErrSealed     = errors.New("keys: the key file is sealed with a passphrase")
	ErrWeak       = fmt.Errorf("keys: a passphrase has at least %d characters, and no line break", MinPassphrase)
)

// ageHead is how every age file begins.
const ageHead = "age-encryption.org/v1\n"

// IsSealed reports whether a ring's file is sealed with a passphrase.
func IsSealed(raw []byte) bool { return bytes.HasPrefix(raw, []byte(ageHead)) }

// EncodeSealed is Encode, sealed with a passphrase.
func (r *Ring) EncodeSealed(passphrase []byte) ([]byte, error) {
	raw, err := r.Encode()
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	return sealFile(raw, passphrase)
}

// sealFile seals a file with a passphrase.
func sealFile(raw, passphrase []byte) ([]byte, error) {
	if len(passphrase) < MinPassphrase || bytes.ContainsAny(passphrase, "\r\n\x00") {
		return nil, ErrWeak
	}
	recipient, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	recipient.SetWorkFactor(WorkFactor)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err == nil {
		_, err = w.Write(raw)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("keys: sealing: %w", err)
	}
	return sealed.Bytes(), nil
}

// ParseSealed reads what EncodeSealed wrote.
func ParseSealed(raw, passphrase []byte) (*Ring, error) {
	if !IsSealed(raw) || len(raw) > maxFile {
		return nil, ErrRing
	}
	plain, err := openFile(raw, passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return Parse(plain)
}

// openFile opens what sealFile sealed: ErrPassphrase if another passphrase did,
// ErrRing if it is no such file.
func openFile(raw, passphrase []byte) ([]byte, error) {
	identity, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, ErrPassphrase
	}
	identity.SetMaxWorkFactor(MaxWorkFactor)
	w, err := age.Decrypt(bytes.NewReader(raw), identity)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, ErrRing
	}
	plain, err := io.ReadAll(io.LimitReader(w, maxFile))
	if err != nil {
		return nil, ErrRing
	}
	return plain, nil
}
