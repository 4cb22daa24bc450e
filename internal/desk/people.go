// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds who works here and how they sign in.

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// How long each kind of credential is good.
const (
	LinkFor    = 24 * time.Hour
	SessionFor = 12 * time.Hour
	PersonFor  = 30 * 24 * time.Hour
)

// Install adds the first administrator and returns the secret of a sign-in
// link and that of the administrator's own command line. It refuses a node
// that has a person already.
func (d *Desk) Install(ctx context.Context, name string) (link, personal string, err error) {
	what := store.What{Act: caller.Install, Subject: name}
	err = d.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error {
		if n, err := store.Persons.Count(tx); err != nil || n > 0 {
			return orConflict(err, "this node is installed already", "")
		}
		person := store.Person{Name: name, Title: "Administrator", Roles: []string{string(caller.Administrator)}, Added: tx.Now}
		if err := store.Persons.Put(tx, name, person); err != nil {
			return err
		}
		if link, err = addCredential(tx, store.CredLink, name, LinkFor); err != nil {
			return err
		}
		personal, err = addCredential(tx, store.CredPerson, name, 10*365*24*time.Hour)
		return err
	})
	return link, personal, err
}

// AddPerson adds somebody who may sign in, and returns the secret of a one-time
// sign-in link. The title is how a partner sees the person.
func (d *Desk) AddPerson(ctx context.Context, who caller.Caller, name, title string, roles []string) (link string, err error) {
	if !envelope.ValidName(name) {
		return "", problem.New(problem.Invalid, "use 2 to 40 lower-case letters, digits and hyphens", "%q cannot be a person's sign-in name", name)
	}
	if err := checkRoles(roles); err != nil {
		return "", err
	}
	if title == "" {
		title = name
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.AddPerson, Subject: name, Note: strings.Join(roles, " ")}, func(tx *store.Tx) error {
		if before, exists, err := store.Persons.Find(tx, name); err != nil || exists {
			if err == nil && !before.Left.IsZero() {
				return problem.New(problem.Conflict, "use another name: the log speaks of the one who left", "a person of this name was here and has left")
			}
			return orConflict(err, "there is a person of this name already", "see them: tocsin person list; for another link: tocsin person link NAME, or use another name")
		}
		if err := store.Persons.Put(tx, name, store.Person{Name: name, Title: title, Roles: roles, Added: tx.Now, Links: []store.LinkMade{{At: tx.Now, By: who.Name}}}); err != nil {
			return err
		}
		link, err = addCredential(tx, store.CredLink, name, LinkFor)
		return err
	})
	return link, err
}

// Link makes a new one-time sign-in link for somebody who is known, who is told at
// the next sign-in that it was made. There is none for an overseer once overseers
// sign in by keys of their own.
func (d *Desk) Link(ctx context.Context, who caller.Caller, name string) (link string, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.LinkPerson, Subject: name}, func(tx *store.Tx) error {
		person, err := here(tx, name)
		if err != nil {
			return err
		}
		if _, err := admit(tx, person, store.Cred{}); err != nil {
			return err
		}
		linked(&person, tx.Now, who.Name)
		if err := store.Persons.Put(tx, name, person); err != nil {
			return err
		}
		if link, err = addCredential(tx, store.CredLink, name, LinkFor); err != nil || who.Name == name || !reads(person) {
			return err
		}
		return tx.Raise(warning.Alarm{
			Kind: warning.AlarmLink, Subject: name, Level: handling.Routine,
			Text: who.Name + " made a sign-in link for " + name + ", who reads or decides here: ask " + name + " whether it was asked for",
		})
	})
	return link, err
}

// reads reports whether a person sees content by any role.
func reads(p store.Person) bool {
	return asCaller(p).Has(caller.Analyst, caller.Releaser, caller.DutyOfficer, caller.Overseer)
}

// SignIn spends a one-time link and returns the secret of a browser session.
func (d *Desk) SignIn(ctx context.Context, link string) (secret string, person api.Person, err error) {
	return d.spend(ctx, link, store.CredSession, SessionFor)
}

// Enrol spends a one-time link and returns the secret of the person's own
// command line.
func (d *Desk) Enrol(ctx context.Context, link string) (secret string, person api.Person, err error) {
	return d.spend(ctx, link, store.CredPerson, PersonFor)
}

func (d *Desk) spend(ctx context.Context, link string, kind store.CredKind, lifetime time.Duration) (secret string, person api.Person, err error) {
	spent := problem.New(problem.Denied, "ask an administrator for a new one: tocsin person link NAME", "this sign-in link is spent or was never good")
	good := func(tx *store.Tx) (store.Cred, error) {
		cred, ok, err := store.Credential.Find(tx, digest(link))
		if err == nil && (!ok || cred.Kind != store.CredLink || tx.Now.After(cred.Expires)) {
			err = spent
		}
		return cred, err
	}
	// Looked at first without the writer: a stranger who guesses at links must
	// not be able to fill the log.
	err = d.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SignIn}, func(tx *store.Tx) error {
		_, err := good(tx)
		return err
	})
	if err != nil {
		return "", person, err
	}
	err = d.store.Change(ctx, caller.Anyone(), store.What{Act: caller.SignIn}, func(tx *store.Tx) error {
		cred, err := good(tx)
		if err != nil {
			return err
		}
		known, err := store.Persons.Get(tx, cred.Name)
		if err != nil {
			return err
		}
		if !known.Left.IsZero() {
			return spent
		}
		if _, err := admit(tx, known, cred); err != nil {
			return err
		}
		person = signedIn(known)
		if err := store.Credential.Delete(tx, digest(link)); err != nil {
			return err
		}
		secret, err = addKeyed(tx, kind, cred.Name, lifetime, cred.Keyed)
		return err
	})
	return secret, person, err
}

// SignOut ends the session or command line of that secret.
func (d *Desk) SignOut(ctx context.Context, who caller.Caller, secret string) error {
	return d.store.Change(ctx, who, store.What{Act: caller.SignOut}, func(tx *store.Tx) error {
		return store.Credential.Delete(tx, digest(secret))
	})
}

// AddToken makes a token for a tool that speaks the JSON API. It is never a
// person: it can bring source reports in and look, and decides nothing. It
// opens no collection: that is what an account is for.
func (d *Desk) AddToken(ctx context.Context, who caller.Caller, name string) (secret string, err error) {
	if !envelope.ValidName(name) {
		return "", problem.New(problem.Invalid, "use 2 to 40 lower-case letters, digits and hyphens", "%q cannot be a token's name", name)
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.AddToken, Subject: name}, func(tx *store.Tx) error {
		live, err := credentials(tx, name, store.CredMachine)
		if err != nil {
			return err
		}
		if len(live) > 0 {
			return problem.New(problem.Conflict, "revoke it first: tocsin token revoke "+name+", or use another name", "there is a token of this name already")
		}
		secret = newSecret()
		return store.Credential.Put(tx, digest(secret), store.Cred{Kind: store.CredMachine, Name: name, Made: tx.Now})
	})
	return secret, err
}

// Authenticate says who holds the secret: a person, or a machine. An unknown or
// expired secret is Denied, always in the same words.
func (d *Desk) Authenticate(ctx context.Context, secret string) (who caller.Caller, err error) {
	denied := notSignedIn()
	if secret == "" {
		return caller.Anyone(), denied
	}
	err = d.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SignIn}, func(tx *store.Tx) error {
		cred, ok, err := store.Credential.Find(tx, digest(secret))
		if err != nil {
			return err
		}
		if !ok || cred.Kind == store.CredLink || !cred.Expires.IsZero() && tx.Now.After(cred.Expires) {
			return denied
		}
		if cred.Kind == store.CredMachine {
			who = caller.Caller{Kind: caller.Machine, Name: cred.Name, Title: cred.Name}
			return nil
		}
		person, err := store.Persons.Get(tx, cred.Name)
		if err != nil || !person.Left.IsZero() {
			return denied
		}
		who, err = admit(tx, person, cred)
		return err
	})
	if err != nil {
		return caller.Anyone(), err
	}
	return who, nil
}

func asCaller(p store.Person) caller.Caller {
	c := caller.Caller{Kind: caller.Person, Name: p.Name, Title: p.Title}
	for _, role := range p.Roles {
		c.Roles = append(c.Roles, caller.Role(role))
	}
	return c
}

// Persons lists who works here.
func (d *Desk) Persons(ctx context.Context, who caller.Caller) (persons []api.Person, err error) {
	err = d.store.Glance(ctx, who, store.What{Act: caller.ListPersons}, func(tx *store.Tx) error {
		kept, err := store.Persons.List(tx, 0)
		for _, p := range kept {
			persons = append(persons, shown(p))
		}
		return err
	})
	return persons, err
}

func shown(p store.Person) api.Person {
	return api.Person{Name: p.Name, Title: p.Title, Roles: p.Roles, Added: p.Added, Left: p.Left}
}

// maxLinks bounds how many links are told of at a sign-in, the newest.
const maxLinks = 50

// linked notes a link that was made for somebody, and forgets those of long ago.
func linked(p *store.Person, now time.Time, by string) {
	p.Links = slices.DeleteFunc(p.Links, func(l store.LinkMade) bool { return now.Sub(l.At) > PersonFor })
	p.Links = append(p.Links, store.LinkMade{At: now, By: by})
	p.Links = p.Links[max(0, len(p.Links)-maxLinks):]
}

// signedIn is the person at a sign-in, with the links that were made lately. The
// list does not end with a sign-in: somebody else may have been the one.
func signedIn(known store.Person) api.Person {
	person := shown(known)
	for _, link := range known.Links {
		person.Links = append(person.Links, api.LinkMade{At: link.At, By: link.By})
	}
	return person
}

func addCredential(tx *store.Tx, kind store.CredKind, name string, lifetime time.Duration) (string, error) {
	return addKeyed(tx, kind, name, lifetime, false)
}

func addKeyed(tx *store.Tx, kind store.CredKind, name string, lifetime time.Duration, keyed bool) (string, error) {
	secret := newSecret()
	cred := store.Cred{Kind: kind, Name: name, Made: tx.Now, Expires: tx.Now.Add(lifetime), Keyed: keyed}
	return secret, store.Credential.Put(tx, digest(secret), cred)
}

// orConflict is err, or a Conflict problem if there is none.
func orConflict(err error, text, hint string) error {
	if err != nil {
		return err
	}
	return problem.New(problem.Conflict, hint, "%s", text)
}
