// SPDX-License-Identifier: Apache-2.0

package node

// This file holds what makes a node, and what a node refuses to be.

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refuses checks that err is a problem of that code which says the word.
func refuses(t *testing.T, what string, err error, code problem.Code, word string) {
	t.Helper()
	p := problem.Of(err)
	if p == nil || p.Code != code || !strings.Contains(p.Text+"\n"+strings.Join(p.Details, "\n"), word) {
		t.Errorf("%s: got %v, want %s: …%s…", what, err, code, word)
	}
}

// made is a node's directory.
func made(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "alpha")
	_, err := Init(t.Context(), quiet(), Setup{Dir: dir, Name: "alpha", Country: "no", Address: "http://alpha.example.org/"})
	check(t, err)
	return dir
}

// opened opens the node and closes it at the end of the test.
func opened(t *testing.T, dir string) *Node {
	t.Helper()
	n, err := Open(quiet(), dir, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, n.Close()) })
	return n
}

// A new node: its files are its owner's alone, its link signs the administrator in.
func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "alpha")
	told, err := Init(t.Context(), quiet(), Setup{Dir: dir, Name: "alpha", Country: "no", Admin: "root"})
	check(t, err)
	if told.Address != "http://127.0.0.1:7411" || len(strings.ReplaceAll(told.Digits, " ", "")) != 30 || !strings.HasPrefix(told.SignInLink, told.Address+"/signin/") {
		t.Errorf("told: %+v", told)
	}
	check(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %s", entry.Name(), info.Mode())
		}
		return err
	}))
	config, err := ReadConfig(dir)
	check(t, err)
	if diff := cmp.Diff(Config{Name: "alpha", Country: "NO", Listen: DefaultListen, Address: told.Address}, config); diff != "" {
		t.Error(diff)
	}
	n := opened(t, dir)
	_, person, err := n.Desk.SignIn(t.Context(), strings.TrimPrefix(told.SignInLink, told.Address+"/signin/"))
	if err != nil || person.Name != "root" {
		t.Errorf("the link signs in %+v, %v", person, err)
	}
	token, err := ReadToken(dir)
	check(t, err)
	who, err := n.Desk.Authenticate(t.Context(), token)
	if err != nil || who.Name != "root" || !who.Has(caller.Administrator) {
		t.Errorf("the token is %+v, %v", who, err)
	}
}

func TestSetupsThatAreRefused(t *testing.T) {
	good := Setup{Dir: filepath.Join(t.TempDir(), "x"), Name: "alpha", Country: "NO"}
	for what, test := range map[string]struct {
		change func(*Setup)
		word   string
	}{
		"no directory":        {func(s *Setup) { s.Dir = "" }, "needs a directory"},
		"no name":             {func(s *Setup) { s.Name = "" }, "cannot be a node's name"},
		"a name in capitals":  {func(s *Setup) { s.Name = "Alpha" }, "cannot be a node's name"},
		"a country in words":  {func(s *Setup) { s.Country = "Norway" }, "is not a country"},
		"a country that is 2": {func(s *Setup) { s.Country = "N2" }, "is not a country"},
		"a port alone":        {func(s *Setup) { s.Listen = "7411" }, "is not an address to listen on"},
		"a host alone":        {func(s *Setup) { s.Listen = "localhost:" }, "is not an address to listen on"},
		"a mail address":      {func(s *Setup) { s.Address = "mailto:a@example.org" }, "is not an address others can reach"},
		"a name and password": {func(s *Setup) { s.Address = "https://a:b@example.org" }, "is not an address others can reach"},
		"a query":             {func(s *Setup) { s.Address = "https://example.org/?a=1" }, "is not an address others can reach"},
		"an administrator":    {func(s *Setup) { s.Admin = "The Boss" }, "sign-in name"},
	} {
		s := good
		test.change(&s)
		_, err := Init(t.Context(), quiet(), s)
		refuses(t, what, err, problem.Invalid, test.word)
	}
	if _, err := os.Stat(good.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("a refused setup left a directory")
	}
}

// Where a node is, or half of one, no other is made.
func TestInitWhereSomethingIs(t *testing.T) {
	dir := made(t)
	before := snapshot(t, dir)
	_, err := Init(t.Context(), quiet(), Setup{Dir: dir, Name: "alpha", Country: "NO"})
	refuses(t, "a node", err, problem.Conflict, "there is a node in")
	for _, lost := range []string{configFile, keysFile} {
		check(t, os.Remove(filepath.Join(dir, lost)))
		_, err := Init(t.Context(), quiet(), Setup{Dir: dir, Name: "alpha", Country: "NO"})
		refuses(t, "without its "+lost, err, problem.Conflict, "half of a node")
		_, err = Open(quiet(), dir, Options{})
		refuses(t, "opened without its "+lost, err, problem.Missing, "there is no node in")
		delete(before, lost)
	}
	if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
		t.Errorf("something was changed:\n%s", diff)
	}
	// A directory with other things in it is as good as any.
	other := t.TempDir()
	check(t, os.WriteFile(filepath.Join(other, "notes.txt"), []byte("n"), 0o600))
	_, err = Init(t.Context(), quiet(), Setup{Dir: other, Name: "alpha", Country: "NO"})
	check(t, err)
}

// snapshot is what is left of a node's files.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, name := range []string{configFile, keysFile, tokenFile, store.File} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		check(t, err)
		all[name] = string(raw)
	}
	return all
}

// One process alone has the store open.
func TestASecondProcess(t *testing.T) {
	dir := made(t)
	n, err := Open(quiet(), dir, Options{})
	check(t, err)
	_, err = Open(quiet(), dir, Options{})
	refuses(t, "a second", err, problem.Busy, "another process has this node's store open")
	check(t, n.Close())
	opened(t, dir) // and when it is closed, the next
}

func TestKeysThatAreMissingOrAnothers(t *testing.T) {
	dir := made(t)
	path := filepath.Join(dir, keysFile)
	raw, err := os.ReadFile(path)
	check(t, err)
	check(t, os.Remove(path))
	_, err = Open(quiet(), dir, Options{})
	refuses(t, "no keys", err, problem.Missing, "keys cannot be read")
	check(t, os.WriteFile(path, raw[:len(raw)-1], 0o600))
	_, err = Open(quiet(), dir, Options{})
	refuses(t, "half of them", err, problem.Invalid, "keys cannot be used")
	other, err := keys.Generate("alpha", "NO")
	check(t, err)
	foreign, err := other.Encode()
	check(t, err)
	check(t, os.WriteFile(path, foreign, 0o600))
	if _, err = Open(quiet(), dir, Options{}); !errors.Is(err, store.ErrHead) {
		t.Errorf("another's keys: got %v", err)
	}
	check(t, os.WriteFile(path, raw, 0o600))
	opened(t, dir)
}

// A node whose key file is of version 1 starts as the same node, on the same
// store; its file is written anew with the keys to cosign with, and these stay.
func TestAKeyFileOfVersion1(t *testing.T) {
	dir := made(t)
	path := filepath.Join(dir, keysFile)
	raw, err := os.ReadFile(path)
	check(t, err)
	before, err := keys.Parse(raw)
	check(t, err)
	var fields map[string]any
	check(t, json.Unmarshal(raw, &fields))
	delete(fields, "witness_seed")
	delete(fields, "witness_pq_seed")
	fields["v"] = 1
	older, err := json.Marshal(fields)
	check(t, err)
	check(t, os.WriteFile(path, older, 0o600))

	n, err := Open(quiet(), dir, Options{})
	check(t, err)
	_, err = n.Desk.AddPerson(t.Context(), caller.Self(), "dan", "", []string{"analyst"})
	check(t, err)
	card := n.ring.Card("")
	check(t, n.Close())
	if n.ring.ID() != before.ID() || card.Log != before.Card("").Log || card.Seal != before.Card("").Seal || len(card.Witness) != 2 {
		t.Errorf("it started as %+v", card)
	}
	written, err := os.ReadFile(path)
	check(t, err)
	var now map[string]any
	check(t, json.Unmarshal(written, &now))
	if now["v"] != 2.0 || now["witness_seed"] == nil || now["witness_pq_seed"] == nil {
		t.Errorf("its file was not written anew: it is of version %v", now["v"])
	}
	info, err := os.Stat(path)
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("its file may be read by others: %s", info.Mode())
	}
	again := opened(t, dir)
	if !again.ring.Card("").SameKeys(card) {
		t.Error("started again it has other keys")
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(written) {
		t.Errorf("started again it writes the file again: %v", err)
	}
}

// A store from which something was taken, or whose head was set back, is not opened.
func TestATamperedHead(t *testing.T) {
	dir := made(t)
	older := filepath.Join(t.TempDir(), "older")
	check(t, os.CopyFS(older, os.DirFS(dir)))
	n, err := Open(quiet(), dir, Options{})
	check(t, err)
	_, err = n.Desk.AddPerson(t.Context(), caller.Self(), "dan", "", []string{"analyst"})
	check(t, errors.Join(err, n.Close()))
	// The keys of the one and the store of another.
	stranger := made(t)
	raw, err := os.ReadFile(filepath.Join(stranger, store.File))
	check(t, err)
	check(t, os.WriteFile(filepath.Join(older, store.File), raw, 0o600))
	if _, err := Open(quiet(), older, Options{}); !errors.Is(err, store.ErrHead) {
		t.Errorf("the store of another: got %v", err)
	}
	// The name under the signed head, on the disk.
	path := filepath.Join(dir, store.File)
	raw, err = os.ReadFile(path)
	check(t, err)
	if !strings.Contains(string(raw), "— tocsin/alpha/") {
		t.Fatal("the signed head is not in the store's file")
	}
	damaged := strings.ReplaceAll(string(raw), "— tocsin/alpha/", "— tocsin/alphb/")
	check(t, os.WriteFile(path, []byte(damaged), 0o600))
	if _, err := Open(quiet(), dir, Options{}); !errors.Is(err, store.ErrHead) {
		t.Errorf("another head: got %v", err)
	}
}

// Plain HTTP is for loopback only.
func TestWhereANodeMayListen(t *testing.T) {
	certificate, key := certificate(t)
	for _, test := range []struct {
		listen  string
		options Options
		word    string
	}{
		{"127.0.0.1:7411", Options{}, ""},
		{"127.9.9.9:7411", Options{}, ""},
		{"[::1]:7411", Options{}, ""},
		{"localhost:7411", Options{}, ""},
		{"0.0.0.0:7411", Options{}, "plain HTTP is for loopback only"},
		{":7411", Options{}, "plain HTTP is for loopback only"},
		{"[::]:7411", Options{}, "plain HTTP is for loopback only"},
		{"192.0.2.7:7411", Options{}, "plain HTTP is for loopback only"},
		{"localhost.example.org:7411", Options{}, "plain HTTP is for loopback only"},
		{"127.0.0.1.example.org:7411", Options{}, "plain HTTP is for loopback only"},
		{"192.0.2.7:7411", Options{BehindProxy: true}, ""},
		{"192.0.2.7:7411", Options{TLSCert: certificate, TLSKey: key}, ""},
		{"192.0.2.7:7411", Options{ACME: []string{"tocsin.example.org"}}, ""},
		{"192.0.2.7:7411", Options{TLSCert: certificate}, "a certificate needs its key"},
		{"127.0.0.1:7411", Options{TLSKey: key}, "a certificate needs its key"},
	} {
		err := test.options.check(Config{Listen: test.listen})
		if test.word == "" {
			if err != nil {
				t.Errorf("%s with %+v: %v", test.listen, test.options, err)
			}
			continue
		}
		refuses(t, test.listen, err, problem.Invalid, test.word)
	}
	// What is refused is refused before anything is opened.
	dir := filepath.Join(t.TempDir(), "open")
	told, err := Init(t.Context(), quiet(), Setup{Dir: dir, Name: "alpha", Country: "NO", Listen: "192.0.2.7:7411"})
	check(t, err)
	if told.Address != "https://192.0.2.7:7411" {
		t.Errorf("its address is %s", told.Address)
	}
	_, err = Open(quiet(), dir, Options{})
	refuses(t, "opened", err, problem.Invalid, "plain HTTP is for loopback only")
	opened2, err := Open(quiet(), dir, Options{BehindProxy: true})
	check(t, err)
	check(t, opened2.Close())
}

// With a certificate the node speaks TLS 1.2 or better, and nothing in plain.
func TestTLS(t *testing.T) {
	certificate, key := certificate(t)
	_, err := Options{TLSCert: key, TLSKey: certificate}.tls("")
	refuses(t, "the wrong way round", err, problem.Invalid, "the certificate cannot be used")
	config, err := Options{TLSCert: certificate, TLSKey: key}.tls("")
	if err != nil || config.MinVersion != tls.VersionTLS12 || len(config.Certificates) != 1 {
		t.Errorf("%+v, %v", config, err)
	}
	acme, err := Options{ACME: []string{"tocsin.example.org"}}.tls(t.TempDir())
	if err != nil || acme.MinVersion != tls.VersionTLS12 || acme.GetCertificate == nil {
		t.Errorf("%+v, %v", acme, err)
	}
	if plain, err := (Options{}).tls(""); plain != nil || err != nil {
		t.Errorf("%+v, %v", plain, err)
	}
}

// certificate writes a certificate and its key.
func certificate(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"tocsin.example.org"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	check(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	check(t, err)
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	check(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	check(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	return certificate, key
}

// Run serves until its context ends, and closes the store.
func TestRun(t *testing.T) {
	dir := made(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	n, err := Open(quiet(), dir, Options{Listener: listener})
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	for _, path := range []string{"/", "/api/v1/node", "/taxii2/", "/peer/v1/messages", "/none"} {
		response, err := http.Get("http://" + listener.Addr().String() + path)
		check(t, err)
		check(t, response.Body.Close())
		if response.StatusCode >= 500 {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
	cancel()
	check(t, <-done)
	opened(t, dir)
}

// Where something listens already, the node says so and leaves nothing open.
func TestAPortThatIsTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer listener.Close()
	dir := filepath.Join(t.TempDir(), "alpha")
	_, err = Init(t.Context(), quiet(), Setup{Dir: dir, Name: "alpha", Country: "NO", Listen: listener.Addr().String()})
	check(t, err)
	n, err := Open(quiet(), dir, Options{})
	check(t, err)
	refuses(t, "the port", n.Run(t.Context()), problem.Busy, "cannot listen on")
	opened(t, dir)
}

// A configuration is edited by hand: what cannot be meant is said.
func TestConfigurationsThatAreRefused(t *testing.T) {
	dir := made(t)
	path := filepath.Join(dir, configFile)
	raw, err := os.ReadFile(path)
	check(t, err)
	for what, test := range map[string]struct{ old, replacement, word string }{
		"a member nobody knows":   {`"listen"`, `"hears"`, "not a configuration"},
		"cut off":                 {`}`, ``, "not a configuration"},
		"a port alone":            {`127.0.0.1:7411`, `7411`, "not an address to listen on"},
		"an address of nobody":    {`http://alpha.example.org`, `alpha.example.org`, "not an address others can reach"},
		"a country spelled small": {`"NO"`, `"no"`, "is not a country"},
	} {
		if !strings.Contains(string(raw), test.old) {
			t.Fatalf("%s is not in %s", test.old, raw)
		}
		check(t, os.WriteFile(path, []byte(strings.Replace(string(raw), test.old, test.replacement, 1)), 0o600))
		_, err := Open(quiet(), dir, Options{})
		refuses(t, what, err, problem.Invalid, test.word)
	}
	_, err = Open(quiet(), t.TempDir(), Options{})
	refuses(t, "an empty directory", err, problem.Missing, "there is no node in")
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(`{"name":"alpha","country":"NO","listen":"127.0.0.1:7411","address":"http://127.0.0.1:7411"}`))
	f.Add([]byte(`{"name":"alpha","country":"NO","listen":"[::1%25lo]:http","address":"https://[::1]/a"}`))
	f.Add([]byte(`{"name":"alpha","country":"NO","listen":":0","address":"https://x/?"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		config, err := parseConfig(raw)
		_ = Options{}.check(config) // whatever was read, asking does no harm
		if err != nil {
			if !problem.Is(err, problem.Invalid) {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		written, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseConfig(written); err != nil || !reflect.DeepEqual(again, config) {
			t.Fatalf("written and read it is another: %v", err)
		}
	})
}
