// SPDX-License-Identifier: Apache-2.0

package main

// This file holds where the passphrase of the key file comes from: a file, a
// systemd credential, or a person at a terminal. Never an argument or a variable
// of the environment, which others can see.

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/tocsin-exchange/tocsin/internal/node"
)

// passphrase finds the passphrase when it is needed.
func (t *tool) passphrase(path string) node.Passphrase {
	return func() ([]byte, error) {
		if path != "" {
			return t.passphraseIn(path)
		}
		if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
			raw, err := os.ReadFile(filepath.Join(dir, node.CredentialName))
			if err == nil {
				return firstOf(raw), nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		return t.typed("passphrase of the node's keys: ", "--passphrase-file FILE, or the systemd credential "+node.CredentialName)
	}
}

// newPassphrase is a passphrase to seal with, typed twice or from the file that
// flag names.
func (t *tool) newPassphrase(path, flag string) ([]byte, error) {
	if path != "" {
		passphrase, err := t.passphraseIn(path)
		if err != nil {
			return nil, err
		}
		return passphrase, node.CheckPassphrase(passphrase)
	}
	passphrase, err := t.typed("new passphrase: ", flag+" FILE")
	if err != nil {
		return nil, err
	}
	if err := node.CheckPassphrase(passphrase); err != nil {
		return nil, err
	}
	again, err := t.typed("once more: ", "")
	if err == nil && !bytes.Equal(passphrase, again) {
		err = usage("try again; nothing was changed", "the two are not the same")
	}
	return passphrase, err
}

func (t *tool) passphraseIn(path string) ([]byte, error) {
	raw, err := t.readFile(path)
	if err != nil {
		return nil, err
	}
	if len(firstOf(raw)) == 0 {
		return nil, trouble("invalid", "write it there in one line", "%s holds no passphrase", shownPath(path))
	}
	return firstOf(raw), nil
}

// firstOf is what a file holds without the line end that an editor puts there.
func firstOf(raw []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
}

// typed asks at the terminal, without showing what is typed.
func (t *tool) typed(prompt, instead string) ([]byte, error) {
	file, isFile := t.in.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return nil, usage("give it: "+instead, "a passphrase is needed, and nobody is at a terminal")
	}
	fmt.Fprint(t.errs, prompt)
	passphrase, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(t.errs)
	return passphrase, err
}
