// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays who gets in at the STIX door: by name and password, by token,
// by certificate; and how an account ends.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

const feed = "0b7a1f6c-1111-4222-8333-444455556666"

// collected is a bubble whose node has a collection.
func collected(t *testing.T, play func(t *testing.T, alpha *house)) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.put(func(tx *store.Tx) error {
			return store.Collections.Put(tx, feed, store.Collection{ID: feed, Alias: "feed", Title: "A feed", Made: tx.Now})
		})
		play(t, alpha)
	})
}

// certified is a certificate of that key, good for a day from now.
func certified(t *testing.T, key *ecdsa.PrivateKey) (*x509.Certificate, string) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().Unix()), NotBefore: time.Now(), NotAfter: time.Now().Add(24 * time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(t, err)
	parsed, err := x509.ParseCertificate(raw)
	check(t, err)
	return parsed, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	return key
}

// Each way in leads to the same account, and nothing else leads in.
func TestWaysIn(t *testing.T) {
	collected(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		certificate, asPEM := certified(t, newKey(t))
		made, err := alpha.AddAccount(ctx, admin, api.NewAccount{Name: "siem", TLP: "green", Read: []string{"received", feed}, Write: []string{"feed"}, Certificate: asPEM})
		check(t, err)
		other, err := alpha.AddAccount(ctx, admin, api.NewAccount{Name: "sensor", Write: []string{"feed"}})
		check(t, err)
		machine, err := alpha.AddToken(ctx, admin, "reporter")
		check(t, err)
		link, err := alpha.AddPerson(ctx, admin, "ann", "", []string{"analyst"})
		check(t, err)
		personal, _, err := alpha.Enrol(ctx, link)
		check(t, err)
		stranger, _ := certified(t, newKey(t))
		for _, test := range []struct {
			what  string
			shown desk.Credentials
			who   string
			label handling.TLP
		}{
			{"name and password", desk.Credentials{User: "siem", Secret: made.Password}, "account:siem", handling.Green},
			{"a bearer's token", desk.Credentials{Secret: made.Token}, "account:siem", handling.Green},
			{"a token as the password of any name", desk.Credentials{User: "_api_token", Secret: made.Token}, "account:siem", handling.Green},
			{"a certificate", desk.Credentials{Certificate: certificate}, "account:siem", handling.Green},
			{"an account without a label", desk.Credentials{User: "sensor", Secret: other.Password}, "account:sensor", handling.AmberStrict},
			{"a person", desk.Credentials{Secret: personal}, "person:ann", handling.Red},
			{"nothing", desk.Credentials{}, "", ""},
			{"a password as a token", desk.Credentials{Secret: made.Password}, "", ""},
			{"a password of another account", desk.Credentials{User: "siem", Secret: other.Password}, "", ""},
			{"a name that is none", desk.Credentials{User: "nobody", Secret: made.Password}, "", ""},
			{"no password", desk.Credentials{User: "siem"}, "", ""},
			{"an empty name and password", desk.Credentials{User: "", Secret: ""}, "", ""},
			{"another certificate", desk.Credentials{Certificate: stranger}, "", ""},
			{"a wrong secret beside a right certificate", desk.Credentials{User: "siem", Secret: "guess", Certificate: certificate}, "", ""},
			{"a token of the JSON API", desk.Credentials{Secret: machine}, "", ""},
			{"a link", desk.Credentials{Secret: link}, "", ""},
		} {
			alpha.unchanged(test.what, func() {
				who, label, err := alpha.Admit(ctx, test.shown)
				if test.who == "" {
					refuses(t, test.what, err, problem.Denied, "not signed in")
				} else if err != nil || who.String() != test.who || label != test.label {
					t.Errorf("%s: %s, %s, %v", test.what, who, label, err)
				}
			})
		}
		who, _, err := alpha.Admit(ctx, desk.Credentials{Secret: made.Token})
		check(t, err)
		want := map[string]caller.Right{feed: {Read: true, Write: true}, store.Received: {Read: true}}
		if diff := cmp.Diff(want, who.Collections); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		// What opens the STIX door opens no other.
		for _, secret := range []string{made.Password, made.Token} {
			_, err := alpha.Authenticate(ctx, secret)
			refuses(t, "an account's secret", err, problem.Denied, "not signed in")
		}
	})
}

// A certificate is known by its key: a new one of the same key will do, one that
// is out of date will not.
func TestCertificatesEnd(t *testing.T) {
	collected(t, func(t *testing.T, alpha *house) {
		ctx, key := t.Context(), newKey(t)
		if alpha.KnowsCertificates(ctx) {
			t.Error("a certificate is asked for before there is any account")
		}
		old, asPEM := certified(t, key)
		_, err := alpha.AddAccount(ctx, admin, api.NewAccount{Name: "siem", Read: []string{"feed"}, Certificate: asPEM})
		check(t, err)
		if !alpha.KnowsCertificates(ctx) {
			t.Error("no certificate is asked for")
		}
		_, err = alpha.AddAccount(ctx, admin, api.NewAccount{Name: "sensor", Read: []string{"feed"}, Certificate: asPEM})
		refuses(t, "one key for two", err, problem.Conflict, "siem is known by")
		time.Sleep(25 * time.Hour)
		_, _, err = alpha.Admit(ctx, desk.Credentials{Certificate: old})
		refuses(t, "a certificate that has ended", err, problem.Denied, "not signed in")
		renewed, _ := certified(t, key)
		if who, _, err := alpha.Admit(ctx, desk.Credentials{Certificate: renewed}); err != nil || who.Name != "siem" {
			t.Errorf("renewed: %s, %v", who, err)
		}
		_, err = alpha.RemoveAccount(ctx, admin, "siem")
		check(t, err)
		_, _, err = alpha.Admit(ctx, desk.Credentials{Certificate: renewed})
		refuses(t, "after the account", err, problem.Denied, "not signed in")
		if alpha.KnowsCertificates(ctx) {
			t.Error("a certificate is asked for without any account")
		}
	})
}

// An account that is removed is out at once, and its name is free.
func TestAccountsEnd(t *testing.T) {
	collected(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		asked := api.NewAccount{Name: "siem", Read: []string{"feed"}, See: []string{"received"}}
		made, err := alpha.AddAccount(ctx, admin, asked)
		check(t, err)
		accounts, err := alpha.Accounts(ctx, admin)
		want := []api.Account{{Name: "siem", TLP: handling.AmberStrict, Actions: "active", Read: []string{"feed"}, See: []string{"received"}, Made: time.Now().UTC()}}
		if diff := cmp.Diff(want, accounts); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		_, err = alpha.AddAccount(ctx, admin, asked)
		refuses(t, "the same name again", err, problem.Conflict, "of this name already")
		for range 3 {
			if _, _, err := alpha.Admit(ctx, desk.Credentials{User: "siem", Secret: made.Password}); err != nil {
				t.Error(err)
			}
		}
		_, err = alpha.RemoveAccount(ctx, first, "siem")
		refuses(t, "a releaser removes it", err, problem.Denied, "remove a TAXII account")
		_, err = alpha.RemoveAccount(ctx, admin, "siem")
		check(t, err)
		_, _, err = alpha.Admit(ctx, desk.Credentials{User: "siem", Secret: made.Password})
		refuses(t, "a removed account", err, problem.Denied, "not signed in")
		_, err = alpha.RemoveAccount(ctx, admin, "siem")
		refuses(t, "again", err, problem.Missing, "no account")
		again, err := alpha.AddAccount(ctx, admin, asked)
		if err != nil || again.Password == made.Password || again.Token == made.Token {
			t.Errorf("made again: %v", err)
		}
		if _, _, err := alpha.Admit(ctx, desk.Credentials{Secret: again.Token}); err != nil {
			t.Error(err)
		}
	})
}

// What is asked for changes, from the next request on; the rest stays, and so do
// the secrets.
func TestAccountsChange(t *testing.T) {
	collected(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		certificate, asPEM := certified(t, newKey(t))
		made, err := alpha.AddAccount(ctx, admin, api.NewAccount{Name: "siem", TLP: "green", Read: []string{"feed"}})
		check(t, err)
		for _, test := range []struct {
			asked  api.NewAccount
			label  handling.TLP
			rights map[string]caller.Right
		}{
			{api.NewAccount{}, handling.Green, map[string]caller.Right{feed: {Read: true}}},
			{api.NewAccount{TLP: "amber"}, handling.Amber, map[string]caller.Right{feed: {Read: true}}},
			{api.NewAccount{Write: []string{"feed"}, Read: []string{"received"}}, handling.Amber, map[string]caller.Right{feed: {Write: true}, "received": {Read: true}}},
			{api.NewAccount{See: []string{"feed"}, Certificate: asPEM}, handling.Amber, map[string]caller.Right{feed: {}}},
			{api.NewAccount{Certificate: asPEM}, handling.Amber, map[string]caller.Right{feed: {}}},
		} {
			test.asked.Name = "siem"
			_, err := alpha.ChangeAccount(ctx, admin, test.asked)
			check(t, err)
			who, label, err := alpha.Admit(ctx, desk.Credentials{User: "siem", Secret: made.Password})
			if diff := cmp.Diff(test.rights, who.Collections); err != nil || label != test.label || diff != "" {
				t.Errorf("%+v: %s, %v (-want +got):\n%s", test.asked, label, err, diff)
			}
		}
		if who, _, err := alpha.Admit(ctx, desk.Credentials{Certificate: certificate}); err != nil || who.Name != "siem" {
			t.Errorf("by its certificate: %s, %v", who, err)
		}
		alpha.unchanged("what is refused", func() {
			_, err := alpha.ChangeAccount(ctx, admin, api.NewAccount{Name: "sensor", TLP: "green"})
			refuses(t, "one that is not there", err, problem.Missing, "no account")
			_, err = alpha.ChangeAccount(ctx, admin, api.NewAccount{Name: "siem", TLP: "purple"})
			refuses(t, "a label nobody knows", err, problem.Invalid, "purple")
			_, err = alpha.ChangeAccount(ctx, admin, api.NewAccount{Name: "siem", TLP: "red", Read: []string{"nothing"}})
			refuses(t, "a collection that is none", err, problem.Missing, "nothing")
		})
		if _, label, err := alpha.Admit(ctx, desk.Credentials{Secret: made.Token}); err != nil || label != handling.Amber {
			t.Errorf("half of what was refused holds: %s, %v", label, err)
		}
		_, err = alpha.ChangeAccount(ctx, analyst, api.NewAccount{Name: "siem", TLP: "red"})
		refuses(t, "an analyst", err, problem.Denied, "change a TAXII account")
	})
}

func TestAccountsThatAreRefused(t *testing.T) {
	collected(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		_, asPEM := certified(t, newKey(t))
		for _, test := range []struct {
			what  string
			who   caller.Caller
			asked api.NewAccount
			code  problem.Code
			word  string
		}{
			{"no name", admin, api.NewAccount{Read: []string{"feed"}}, problem.Invalid, "cannot be an account's name"},
			{"a name with a colon", admin, api.NewAccount{Name: "a:b", Read: []string{"feed"}}, problem.Invalid, "cannot be an account's name"},
			{"no collection", admin, api.NewAccount{Name: "siem"}, problem.Invalid, "needs a collection"},
			{"a collection that is none", admin, api.NewAccount{Name: "siem", Read: []string{"feed", "fed"}}, problem.Missing, `"fed"`},
			{"a collection without a name", admin, api.NewAccount{Name: "siem", Read: []string{""}}, problem.Missing, `""`},
			{"what partners sent, to write", admin, api.NewAccount{Name: "siem", Write: []string{"received"}}, problem.Invalid, "nobody adds"},
			{"a label nobody knows", admin, api.NewAccount{Name: "siem", TLP: "purple", Read: []string{"feed"}}, problem.Invalid, `"purple"`},
			{"no certificate", admin, api.NewAccount{Name: "siem", Read: []string{"feed"}, Certificate: "hello"}, problem.Invalid, "no certificate"},
			{"half a certificate", admin, api.NewAccount{Name: "siem", Read: []string{"feed"}, Certificate: asPEM[:len(asPEM)/2]}, problem.Invalid, "no certificate"},
			{"a private key", admin, api.NewAccount{Name: "siem", Read: []string{"feed"}, Certificate: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}, problem.Invalid, "no certificate"},
			{"by an analyst", analyst, api.NewAccount{Name: "siem", Read: []string{"feed"}}, problem.Denied, "add a TAXII account"},
			{"by an account", caller.Caller{Kind: caller.Account, Name: "siem"}, api.NewAccount{Name: "more", Read: []string{"feed"}}, problem.Denied, "add a TAXII account"},
		} {
			made, err := alpha.AddAccount(ctx, test.who, test.asked)
			refuses(t, test.what, err, test.code, test.word)
			if made != (api.AccountSecrets{}) {
				t.Errorf("%s: secrets are handed out", test.what)
			}
		}
		if accounts, err := alpha.Accounts(ctx, admin); err != nil || len(accounts) != 0 {
			t.Errorf("%+v, %v", accounts, err)
		}
	})
}

// What a request costs to be admitted by name and password, beside one SHA-256
// of a password, which is the least it can be.
func BenchmarkAdmit(b *testing.B) {
	password := strings.Repeat("x", 32)
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			sha256.Sum256([]byte(password))
		}
	})
	b.Run("admit", func(b *testing.B) {
		ring, err := keys.Generate("alpha", "NO")
		if err != nil {
			b.Fatal(err)
		}
		kept, err := store.Open(slog.New(slog.DiscardHandler), b.TempDir(), ring.SignCheckpoint)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = kept.Close() })
		people := desk.New(slog.New(slog.DiscardHandler), kept, ring.Card("https://alpha.example.org"))
		made, err := people.AddAccount(b.Context(), admin, api.NewAccount{Name: "siem", Read: []string{"received"}})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, _, err := people.Admit(b.Context(), desk.Credentials{User: "siem", Secret: made.Password}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// An administrator reads no content, and is shown the secrets of accounts: one that is
// let read what partners sent rings, and so does one that is let read more of it.
func TestAnAccountThatReadsRings(t *testing.T) {
	collected(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		rung := func(what string, want ...string) {
			t.Helper()
			var got []string
			alpha.put(func(tx *store.Tx) error {
				raised, err := store.Alarms.List(tx, 0, store.Raised)
				for _, a := range raised {
					got = append(got, string(a.Kind)+" "+a.Subject+" "+string(a.Level)+": "+a.Text)
					a.DismissedBy = "dan"
					check(t, store.Alarms.Put(tx, a.ID, a))
				}
				return err
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		alarm := func(label string) string {
			return "tool_reads siem PRIORITY: " + admin.Name + " let the account siem read what partners sent, up to " + label + ": ask for which tool, and who has its token"
		}
		_, err := alpha.AddAccount(ctx, admin, api.NewAccount{Name: "sensor", TLP: handling.Red, Read: []string{"feed"}, See: []string{"received"}})
		check(t, err)
		rung("of another collection")
		_, err = alpha.AddAccount(ctx, admin, api.NewAccount{Name: "siem", TLP: handling.Green, Read: []string{"received"}})
		check(t, err)
		rung("of what partners sent", alarm("TLP:GREEN"))
		for _, step := range []struct {
			what  string
			asked api.NewAccount
			want  []string
		}{
			{"a wider label", api.NewAccount{Name: "siem", TLP: handling.Red}, []string{alarm("TLP:RED")}},
			{"a narrower label", api.NewAccount{Name: "siem", TLP: handling.Clear}, nil},
			{"another collection as well", api.NewAccount{Name: "siem", Read: []string{"received", "feed"}}, nil},
			{"the other alone", api.NewAccount{Name: "siem", Read: []string{"feed"}}, nil},
			{"that again", api.NewAccount{Name: "siem", Read: []string{"received"}}, []string{alarm("TLP:CLEAR")}},
		} {
			_, err = alpha.ChangeAccount(ctx, admin, step.asked)
			check(t, err)
			rung(step.what, step.want...)
		}
	})
}
