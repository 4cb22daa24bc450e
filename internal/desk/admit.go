// SPDX-License-Identifier: Apache-2.0

package desk

// This file says whose a request at the STIX door is. Accounts are held in
// memory, so that a request costs one hash; the store says when they changed.

import (
	"context"
	"crypto/subtle"
	"crypto/x509"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Credentials are what a tool shows of itself.
type Credentials struct {
	// User and Secret are those of Basic; a bearer's token is a Secret alone.
	User, Secret string
	// Certificate is that of the connection, whose key the tool has proved to
	// hold; nil if it showed none.
	Certificate *x509.Certificate
}

// Admit says who shows these credentials at the STIX door: an account by its
// name and password, by its token, or, where no secret is shown, by the public
// key of its certificate while that is valid; or a person by the secret of a
// session or command line, cleared for everything. A secret that is shown must
// be right, whatever certificate is. Everything else is Denied, always in the
// same words.
func (d *Desk) Admit(ctx context.Context, shown Credentials) (who caller.Caller, clearance handling.TLP, err error) {
	known, err := d.admitted.now(ctx, d.store)
	if err != nil {
		return caller.Anyone(), "", err
	}
	account := known.bySecret(shown.User, shown.Secret)
	if shown.Secret == "" {
		account = known.byCertificate(shown.Certificate)
	}
	if account != nil {
		clearance := handling.TLP(account.TLP)
		if account.Passive {
			clearance = handling.Passively(clearance)
		}
		return caller.Caller{Kind: caller.Account, Name: account.Name, Title: account.Name, Way: "taxii", Partner: account.Partner, Reason: account.Reason, Collections: account.Collections},
			clearance, nil
	}
	who, err = d.Authenticate(ctx, shown.Secret)
	if err == nil && who.Kind != caller.Person {
		err = notSignedIn()
	}
	if err != nil {
		return caller.Anyone(), "", err
	}
	who.Way = "taxii"
	return who, handling.Red, nil
}

// Depart begins the answer to a caller. It is Busy while the node recovers or is
// halted: it may hold what was destroyed since, and the account may be one that
// was taken away. Of a partner's tool it is a departure,
// and Denied, in the words of Admit, unless the channel is active: whatever is
// answered must end with the context that is returned. Call end when nothing
// more is answered.
func (d *Desk) Depart(ctx context.Context, who caller.Caller) (answering context.Context, end func(), err error) {
	if err := d.silence.now(ctx, d.store); err != nil {
		return ctx, nil, err
	}
	if who.Partner == "" {
		return ctx, func() {}, nil
	}
	departure, err := d.store.Depart(ctx, who.Partner)
	if err != nil {
		return ctx, nil, err
	}
	err = d.store.Glance(departure.Context(), caller.Anyone(), store.What{Act: caller.SignIn}, func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, who.Partner)
		if err == nil && channel.State != partner.Active {
			err = notSignedIn()
		}
		return err
	})
	if departure.Recalled() {
		err = notSignedIn()
	}
	if err != nil {
		departure.End()
		return ctx, nil, err
	}
	return departure.Context(), departure.End, nil
}

// Refused writes into the log that the caller was refused a collection, and
// returns the refusal.
func (d *Desk) Refused(ctx context.Context, who caller.Caller, act caller.Act, collection string, refusal error) error {
	return d.store.Deny(ctx, who, store.What{Act: act, Subject: collection}, refusal)
}

// KnowsCertificates reports whether an account is known by its certificate, so
// that a connection need not be asked for one in vain.
func (d *Desk) KnowsCertificates(ctx context.Context) bool {
	known, err := d.admitted.now(ctx, d.store)
	return err == nil && len(known.keys) > 0
}

func notSignedIn() *problem.Problem {
	return problem.New(problem.Denied, "sign in again", "you are not signed in")
}

// admission holds the accounts as they are until changed is closed.
type admission struct {
	mu      sync.Mutex
	known   *accounts // nil until they were read
	changed <-chan struct{}
}

// accounts are all there are at one moment.
type accounts struct {
	names, tokens, keys map[string]*store.Account // the last two by digest
}

// now are the accounts as they are. The store says that they changed before it
// says that the change is done: whoever was removed is out at once.
func (a *admission) now(ctx context.Context, s *store.Store) (*accounts, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changed == nil || isClosed(a.changed) {
		a.known, a.changed = nil, s.Wait(store.RowAccount) // before reading: no change goes by unseen
	}
	if a.known != nil {
		return a.known, nil
	}
	fresh := &accounts{names: make(map[string]*store.Account), tokens: make(map[string]*store.Account), keys: make(map[string]*store.Account)}
	err := s.Glance(ctx, caller.Anyone(), store.What{Act: caller.SignIn}, func(tx *store.Tx) error {
		kept, err := store.Accounts.List(tx, 0)
		for _, account := range kept {
			if !account.Ended.IsZero() {
				continue
			}
			fresh.names[account.Name], fresh.tokens[account.Token] = &account, &account
			if account.Key != "" {
				fresh.keys[account.Key] = &account
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	a.known = fresh
	return fresh, nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// bySecret is the account of that name and password, or of that token, whatever
// the name: there are tools that send a token as a password. Nil is nobody.
func (a *accounts) bySecret(user, secret string) *store.Account {
	sum := digest(secret)
	account, known := a.names[user]
	if !known {
		account = &store.Account{Password: digest("")} // so that it takes as long
	}
	if subtle.ConstantTimeCompare([]byte(account.Password), []byte(sum)) == 1 && known {
		return account
	}
	return a.tokens[sum]
}

func (a *accounts) byCertificate(certificate *x509.Certificate) *store.Account {
	if certificate == nil || len(a.keys) == 0 {
		return nil
	}
	if now := time.Now(); now.Before(certificate.NotBefore) || now.After(certificate.NotAfter) {
		return nil
	}
	return a.keys[keyOf(certificate)]
}
