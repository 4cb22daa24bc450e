// SPDX-License-Identifier: Apache-2.0

package node

// This file makes a new node, and reads what an existing one is.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// The files in a node's directory, beside the store's.
const (
	configFile = "node.json"   // a Config
	keysFile   = "keys"        // the private keys: whoever reads it is the node
	tokenFile  = "admin.token" // the first administrator's own command line
)

// DefaultListen is where a node listens when nobody says otherwise.
const DefaultListen = "127.0.0.1:7411"

// Config is what a node's directory says of it.
type Config struct {
	Name    string `json:"name"`
	Country string `json:"country"` // ISO 3166-1 alpha-2
	Listen  string `json:"listen"`  // host:port
	Address string `json:"address"` // the base URL others reach it by
	// Quota is how much each partner may send; what is left out is as by default.
	Quota inbox.Quota `json:"quota,omitzero"`
	// Undo is for how long a released warning that is ROUTINE or PRIORITY can be
	// taken back before it leaves, such as 5m; at most an hour, 0s for not at all.
	// If it is left out, three minutes.
	Undo string `json:"undo,omitempty"`
	// BackupTo are age recipients: a backup for them alone may be taken by any
	// administrator.
	BackupTo []string `json:"backup_to,omitempty"`
}

// Setup is what a new node is made of. Everything but Dir, Name and Country
// may be empty.
type Setup struct {
	Dir     string
	Name    string
	Country string
	Listen  string // DefaultListen
	Address string // http:// and Listen
	Admin   string // "admin": the first administrator's sign-in name
	// Passphrase seals the key file; none if it is empty.
	Passphrase []byte
}

// Installed is what a new node prints.
type Installed struct {
	Name       string `json:"name"`
	Dir        string `json:"dir"`
	Address    string `json:"address"`
	Digits     string `json:"digits"` // its own 30 digits, in groups
	SignInLink string `json:"sign_in_link"`
}

// Init makes a node: keys, store, first administrator. It asks nothing and
// refuses a directory that holds one already. It leaves no half of a node
// behind: the configuration is written last, and without it there is no node.
func Init(ctx context.Context, log *slog.Logger, setup Setup) (Installed, error) {
	config, err := setup.config()
	if err != nil {
		return Installed{}, err
	}
	if setup.Admin == "" {
		setup.Admin = "admin"
	}
	if !envelope.ValidName(setup.Admin) {
		return Installed{}, problem.New(problem.Invalid, "use 2 to 40 lower-case letters, digits and hyphens", "%q cannot be a person's sign-in name", setup.Admin)
	}
	if setup.Passphrase != nil {
		if err := CheckPassphrase(setup.Passphrase); err != nil {
			return Installed{}, err
		}
	}
	if err := os.MkdirAll(setup.Dir, 0o700); err != nil {
		return Installed{}, fmt.Errorf("node: %w", err)
	}
	if there(setup.Dir, configFile) {
		return Installed{}, problem.New(problem.Conflict, "use another directory, or start it: tocsin serve --dir "+setup.Dir, "there is a node in %s already", setup.Dir)
	}
	if there(setup.Dir, keysFile) || there(setup.Dir, store.File) {
		return Installed{}, problem.New(problem.Conflict,
			"if its "+configFile+" was lost, restore it from a backup; if an init did not come to its end, remove the directory and try again", "there is half of a node in %s", setup.Dir)
	}
	// The directory may have been there: nobody else may look into a node.
	if err := os.Chmod(setup.Dir, 0o700); err != nil {
		return Installed{}, fmt.Errorf("node: %w", err)
	}
	ring, err := keys.Generate(config.Name, config.Country)
	if err != nil {
		return Installed{}, err
	}
	card := ring.Card(config.Address)
	link, personal, err := install(ctx, log, setup, ring, card)
	if err != nil {
		return Installed{}, err
	}
	raw, err := (&keyFile{dir: setup.Dir, passphrase: setup.Passphrase}).encode(ring)
	if err != nil {
		return Installed{}, err
	}
	described, err := json.Marshal(config, jsontext.WithIndent("  "))
	if err != nil {
		return Installed{}, err
	}
	for _, file := range []struct {
		name    string
		content []byte
	}{{keysFile, raw}, {tokenFile, []byte(personal + "\n")}} {
		if err := writeDurably(filepath.Join(setup.Dir, file.name), file.content); err != nil {
			return Installed{}, err
		}
	}
	if err := writeConfig(setup.Dir, append(described, '\n')); err != nil {
		return Installed{}, err
	}
	return Installed{
		Name: config.Name, Dir: setup.Dir, Address: config.Address, Digits: envelope.Groups(card.Digits()), SignInLink: config.Address + "/signin/" + link,
	}, nil
}

func there(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return !errors.Is(err, os.ErrNotExist)
}

// install makes the store and the first administrator.
func install(ctx context.Context, log *slog.Logger, setup Setup, ring *keys.Ring, card envelope.Card) (link, personal string, err error) {
	s, err := store.Open(log, setup.Dir, ring.SignCheckpoint)
	if err != nil {
		return "", "", err
	}
	link, personal, err = desk.New(log, s, card).Install(ctx, setup.Admin)
	return link, personal, errors.Join(err, s.Close())
}

func (s Setup) config() (Config, error) {
	c := Config{Name: s.Name, Country: strings.ToUpper(s.Country), Listen: s.Listen, Address: strings.TrimSuffix(s.Address, "/")}
	if s.Dir == "" {
		return c, problem.New(problem.Invalid, "say where: --dir DIR", "a node needs a directory")
	}
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Address == "" {
		scheme := "https://"
		if loopback(c.Listen) {
			scheme = "http://"
		}
		if everywhere(c.Listen) {
			return c, problem.New(problem.Invalid, "give --address too, such as https://tocsin.example.org", "%s is no address that a partner can reach", c.Listen)
		}
		c.Address = scheme + c.Listen
	}
	if err := c.check(); err != nil {
		return c, err
	}
	// A node that is made has the code by which pledges and sheets are met; one that
	// is there goes on with what its card says.
	if err := warning.KnownPlaces(c.Country); err != nil {
		return c, problem.New(problem.Invalid, "use an ISO 3166-1 alpha-2 code, such as NO", "%v", err)
	}
	return c, nil
}

// check refuses what no node can be.
func (c Config) check() error {
	if !envelope.ValidName(c.Name) {
		return problem.New(problem.Invalid, "use 2 to 40 lower-case letters, digits and hyphens, beginning with a letter", "%q cannot be a node's name", c.Name)
	}
	if len(c.Country) != 2 || strings.Trim(c.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return problem.New(problem.Invalid, "use an ISO 3166-1 alpha-2 code, such as NO", "%q is not a country", c.Country)
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		return problem.New(problem.Invalid, "use host:port, such as "+DefaultListen, "%q is not an address to listen on", c.Listen)
	}
	base, err := url.Parse(c.Address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return problem.New(problem.Invalid, "use a base URL, such as https://tocsin.example.org", "%q is not an address others can reach", c.Address)
	}
	_, err = c.undo()
	return err
}

// undo is for how long a released warning that is not urgent can be taken back.
func (c Config) undo() (time.Duration, error) {
	if c.Undo == "" {
		return 3 * time.Minute, nil
	}
	wait, err := time.ParseDuration(c.Undo)
	if err != nil || wait < 0 || wait > outbox.MaxUndo {
		return 0, problem.New(problem.Invalid, "use a time of at most an hour, such as 5m, or 0s for not at all", "undo: %q is not how long a release can wait", c.Undo)
	}
	return wait, nil
}

// ReadConfig reads what the node in dir is.
func ReadConfig(dir string) (Config, error) {
	var c Config
	raw, err := os.ReadFile(filepath.Join(dir, configFile))
	if errors.Is(err, os.ErrNotExist) {
		return c, problem.New(problem.Missing, "make one: tocsin init --dir "+dir+" --name NAME --country CC", "there is no node in %s", dir)
	}
	if err != nil {
		return c, fmt.Errorf("node: %w", err)
	}
	c, err = parseConfig(raw)
	if err != nil {
		return c, problem.New(problem.Invalid, "mend it, or restore the file from a backup", "%s cannot be used", filepath.Join(dir, configFile)).With(problem.Of(err).Text).Because(err)
	}
	return c, nil
}

// parseConfig reads a configuration strictly: people edit it by hand.
func parseConfig(raw []byte) (Config, error) {
	var c Config
	if err := json.Unmarshal(raw, &c, json.RejectUnknownMembers(true)); err != nil {
		return c, problem.New(problem.Invalid, "", "it is not a configuration").Because(err)
	}
	return c, c.check()
}

// ReadToken reads the first administrator's own command-line token.
func ReadToken(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, tokenFile))
	if err != nil {
		return "", fmt.Errorf("node: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// loopback reports whether a listening address is reached from this machine alone.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// everywhere reports whether an address names no host of its own.
func everywhere(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	ip := net.ParseIP(host)
	return err == nil && (host == "" || ip != nil && ip.IsUnspecified())
}

// writeConfig makes a node of what is in a directory, as the last thing: the
// configuration is there whole or not at all, and without it there is no node.
func writeConfig(dir string, content []byte) error {
	return replaceDurably(filepath.Join(dir, configFile), content)
}

// unfinished ends the name of a file that is being written.
const unfinished = ".new"

// replaceDurably puts a file in the place of another: there is the old one or
// the new one, whatever happens.
func replaceDurably(path string, content []byte) error {
	next := path + unfinished
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("node: %w", err)
	}
	if err := writeDurably(next, content); err != nil {
		return err
	}
	err := os.Rename(next, path)
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("node: writing %s: %w", filepath.Base(path), err)
	}
	return nil
}

// syncDir writes a directory's entries to the disk.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// writeDurably writes a file that only its owner may read, and its place in
// the directory, to the disk.
func writeDurably(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("node: writing %s: %w", filepath.Base(path), err)
	}
	return nil
}
