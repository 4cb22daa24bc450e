// SPDX-License-Identifier: Apache-2.0

package main

// This file holds in whose name the command line speaks: credentials that were
// given, those that a sign-in link was spent for, and the one in the node's
// own directory.

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/node"
)

// identity is one person's command line at one node, as it is kept in a file
// that only its owner may read.
type identity struct {
	Address string `json:"address"`
	Node    string `json:"node"`
	KeyID   string `json:"key_id"`
	Person  string `json:"person"`
	Token   string `json:"token"`
}

// home is where identities are kept: $TOCSIN_HOME, or tocsin in the user's
// configuration directory.
func home() (string, error) {
	if dir := os.Getenv("TOCSIN_HOME"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", trouble("home", "set TOCSIN_HOME to a directory of your own", "there is no place to keep who you are")
	}
	return filepath.Join(dir, "tocsin"), nil
}

// file is where the identity is kept: by the node's key and the person.
func (i identity) file() (string, error) {
	dir, err := home()
	if err != nil {
		return "", err
	}
	if !envelope.ValidName(i.Node) || !envelope.ValidName(i.Person) || len(i.KeyID) < 16 {
		return "", trouble("answer", "check the address", "the node's answer names nobody who can be kept")
	}
	return filepath.Join(dir, "nodes", i.Node+"-"+i.KeyID[:16], i.Person+".json"), nil
}

func (i identity) keep() error {
	path, err := i.file()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(i)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// Written beside and renamed, so that a new one is 0600 whatever was there.
	beside, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = beside.Write(append(raw, '\n'))
	if err = errors.Join(err, beside.Close()); err == nil {
		err = os.Rename(beside.Name(), path)
	}
	return err
}

// identities lists those kept for the node at address.
func identities(address string) ([]identity, error) {
	dir, err := home()
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "nodes", "*", "*.json"))
	if err != nil {
		return nil, err
	}
	var found []identity
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // another user's
		}
		var i identity
		if json.Unmarshal(raw, &i) == nil && i.Address == address {
			found = append(found, i)
		}
	}
	return found, nil
}

// credential finds the token to speak with: one that was given, the identity
// that --as names, the node directory's own, or the only identity there is. A
// kept token is sent to the address it was made for and nowhere else.
func (t *tool) credential(ctx context.Context, address string) (string, error) {
	if t.token != "" {
		return t.token, nil
	}
	if t.tokenFile != "" {
		raw, err := os.ReadFile(t.tokenFile)
		return strings.TrimSpace(string(raw)), err
	}
	kept, err := t.keptFor(ctx, address)
	if err != nil {
		return "", err
	}
	if t.as != "" {
		for _, i := range kept {
			if i.Person == t.as {
				return i.Token, nil
			}
		}
		return t.firstAdministrator(ctx, address)
	}
	if token, err := t.ownToken(); err == nil {
		return token, nil
	}
	switch len(kept) {
	case 0:
		return "", trouble("identity", "spend a sign-in link: tocsin signin LINK; an administrator makes one: tocsin person link NAME", "who are you at %s?", address)
	case 1:
		return kept[0].Token, nil
	}
	return "", usage("say --as "+strings.Join(names(kept), " or --as ")+", or set TOCSIN_AS", "who are you at %s?", address)
}

// ownToken is the token in the node's directory, if this is that machine and
// this user may read it.
func (t *tool) ownToken() (string, error) {
	if t.dir == "" || t.address != "" {
		return "", fs.ErrNotExist
	}
	return node.ReadToken(t.dir)
}

// keptFor lists the identities kept for the node. Where an address has had
// several nodes, the one that stands there now is asked who it is.
func (t *tool) keptFor(ctx context.Context, address string) ([]identity, error) {
	kept, err := identities(address)
	if err != nil {
		return nil, err
	}
	mixed := false
	for _, i := range kept {
		mixed = mixed || i.KeyID != kept[0].KeyID
	}
	if !mixed {
		return kept, nil
	}
	client, err := t.clientAs(address, "")
	if err != nil {
		return nil, err
	}
	answer, err := client.Node(ctx)
	if err != nil {
		return nil, err
	}
	var ours []identity
	for _, i := range kept {
		if i.KeyID == answer.Card.ID() {
			ours = append(ours, i)
		}
	}
	return ours, nil
}

// firstAdministrator is the token in the node's directory if it is that of the
// person --as names.
func (t *tool) firstAdministrator(ctx context.Context, address string) (string, error) {
	nobody := trouble("identity", "ask an administrator for a link (tocsin person link "+t.as+") and spend it: tocsin signin LINK",
		"nobody called %q has signed in to %s from here", t.as, address)
	token, err := t.ownToken()
	if err != nil {
		return "", nobody
	}
	client, err := t.clientAs(address, token)
	if err != nil {
		return "", err
	}
	me, err := client.Me(ctx)
	var refused *api.Problem
	if errors.As(err, &refused) || err == nil && me.Name != t.as {
		return "", nobody
	}
	return token, err
}

func names(kept []identity) []string {
	var all []string
	for _, i := range kept {
		all = append(all, i.Person)
	}
	return all
}
