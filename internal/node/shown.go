// SPDX-License-Identifier: Apache-2.0

package node

// This file keeps in the node's directory which certificate it shows, so that
// commands with the directory know the node by it, whoever vouches for it.

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// shownFile holds the public certificate that the node serves with, PEM. It is
// there while the node ends TLS with a certificate of its own.
const shownFile = "served.pem"

// acmeDir holds the certificates that an ACME authority gave.
const acmeDir = "acme"

// keepShown keeps the certificate that is served from now on; none if config
// has none.
func keepShown(dir string, config *tls.Config) error {
	path := filepath.Join(dir, shownFile)
	if config == nil || len(config.Certificates) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("node: %w", err)
		}
		return nil
	}
	var text bytes.Buffer
	for _, der := range config.Certificates[0].Certificate {
		if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			return fmt.Errorf("node: %w", err)
		}
	}
	// Written beside and renamed: a command may read it at that moment.
	beside := path + ".new"
	err := os.WriteFile(beside, text.Bytes(), 0o600)
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// ReadShown reads the certificate that the node in dir shows; nil if it has none
// of its own.
func ReadShown(dir string) (*x509.Certificate, error) {
	raw, err := os.ReadFile(filepath.Join(dir, shownFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("node: %s holds no certificate", shownFile)
	}
	shown, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("node: %s: %w", shownFile, err)
	}
	return shown, nil
}

// Certified reports whether the node in dir has had certificates of an ACME
// authority: what it shows then is not kept beside.
func Certified(dir string) bool { return there(dir, acmeDir) }
