// SPDX-License-Identifier: Apache-2.0

package outbox

// This file asks an originator for its permission, and answers when one asks us.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// AskPermission asks the partner that opened a case whether the newest version of
// its warning may be used beyond what its handling says. of is the case, or an object
// that came in no other: then it is asked of the versions before it, too, that are
// here; or the hash of that version: then of that one alone. to are our names of
// those it is to be passed on to. Without more it is for the purpose of the warning,
// and due as its precedence says.
func (o *Outbox) AskPermission(ctx context.Context, who caller.Caller, of string, to []string, q warning.PermissionRequest) (asked store.Permission, err error) {
	id, err := o.caseOf(ctx, who, caller.AskPermission, of)
	if err != nil {
		return asked, err
	}
	if ofObject(of) {
		of = id
	}
	err = o.answer(ctx, who, caller.AskPermission, id, &q, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		q := q
		w, err := askable(tx, c, of, &q)
		if err != nil {
			return "", nil, err
		}
		if q.To, err = recipients(tx, c, to); err != nil {
			return "", nil, err
		}
		if q.Purpose == "" && q.Use != warning.UsePurpose {
			q.Purpose = w.Purpose
		}
		q.TLP = handling.Spelled(q.TLP, handling.ParseTLP)
		if q.AnswerBy = warning.Millis(q.AnswerBy); q.AnswerBy.IsZero() {
			q.AnswerBy = tx.Now.Add(handling.Precedence(c.Precedence).AnswerWithin())
		}
		if !q.AnswerBy.After(tx.Now) {
			return "", nil, problem.New(problem.Invalid, "give a time to come", "the answer cannot be due before it is asked for")
		}
		if q.Use == warning.UseWider && q.TLP.Rank() >= w.Handling.TLP.Rank() {
			return "", nil, problem.New(problem.Invalid, "", "it is %s already: nobody need be asked", w.Handling.TLP)
		}
		q.ID, q.Case, q.By, q.At = newID("permission"), c.ID, officer(who, caller.AskPermission), tx.Now
		asked = store.Permission{Request: q, Partner: c.Partner, Ours: true}
		return envelope.PermissionRequest, &asked.Request, nil
	}, func(tx *store.Tx, hash string) error {
		asked.Hash = hash
		return store.Permissions.Put(tx, store.PermissionID(asked.Partner, true, asked.Request.ID), asked)
	})
	return asked, err
}

// caseOf is the case that an id, the hash of one of its messages or an object that
// came in it names.
func (o *Outbox) caseOf(ctx context.Context, who caller.Caller, act caller.Act, of string) (id string, err error) {
	if strings.HasPrefix(of, "warning--") {
		return of, nil
	}
	err = o.store.Glance(ctx, who, store.What{Act: act, Subject: of}, func(tx *store.Tx) error {
		if ofObject(of) {
			id, err = givenIn(tx, of)
			return err
		}
		m, err := tx.Message(of)
		if err == nil && m.Thread == "" {
			err = problem.New(problem.Invalid, "give the id of a case, or the hash of its warning", "this message is said in no case")
		}
		id = m.Thread
		return err
	})
	return id, err
}

// ofObject reports whether an id is neither a case's nor a hash.
func ofObject(id string) bool {
	return strings.Contains(id, "--") && !strings.HasPrefix(id, "warning--")
}

// givenIn is the one case in which an object came.
func givenIn(tx *store.Tx, object string) (string, error) {
	cases, err := tx.GivenIn(object)
	switch {
	case err != nil:
		return "", err
	case len(cases) == 0:
		return "", problem.New(problem.Missing, "give the id of a case", "no partner's warning that is here has this object")
	case len(cases) > 1:
		return "", problem.New(problem.Invalid, "ask in each of these cases", "this object came in several cases").With(cases...)
	}
	return cases[0], nil
}

// askable is the newest version of a partner's warning, which is what is asked
// about: an older one holds no more. Where none is named it is asked of those, too,
// since what is made of the case rests on all of them.
func askable(tx *store.Tx, c *store.Case, of string, q *warning.PermissionRequest) (w warning.Warning, err error) {
	if c.Ours {
		return w, problem.New(problem.Conflict, "", "this warning is ours: nobody need be asked")
	}
	newest, _, err := tx.NewestOf(c)
	if err != nil {
		return w, err
	}
	if of != c.ID && of != newest {
		return w, problem.New(problem.Invalid, "ask about "+newest, "what is asked about is the newest version of the warning, and this message is another")
	}
	m, there, err := tx.FindMessage(newest)
	if err != nil {
		return w, err
	}
	var unreadable error
	if m.Kind == envelope.Update {
		var u warning.Update
		unreadable = warning.Read(m.Payload, &u)
		w = u.Warning
	} else {
		unreadable = warning.Read(m.Payload, &w)
	}
	if !there || unreadable != nil {
		return w, problem.New(problem.Conflict, "", "the warning is not here any more").Because(unreadable)
	}
	q.About = newest
	if of == c.ID {
		q.Earlier, err = earlier(tx, c, newest)
	}
	return w, err
}

// earlier are the versions of a partner's warning before the newest that are here to
// be read, the last ones if there are more than can be named.
func earlier(tx *store.Tx, c *store.Case, newest string) (all []string, err error) {
	err = tx.EachEntry(c.ID, c.Partner, func(e store.Entry) (bool, error) {
		warned := e.Kind == envelope.Warning || e.Kind == envelope.Update
		if warned && e.Direction == store.In && e.Hash != newest && !e.Gone {
			all = append(all, e.Hash)
		}
		return true, nil
	})
	return all[max(0, len(all)-warning.MaxList):], err
}

// recipients names partners so that the other side knows whom we mean.
func recipients(tx *store.Tx, c *store.Case, to []string) (all []warning.Recipient, err error) {
	for _, name := range to {
		channel, there, err := store.Channels.Find(tx, name)
		switch {
		case err != nil:
			return nil, err
		case !there:
			return nil, problem.New(problem.Invalid, "see tocsin partner list", "there is no partner %q", name)
		case name == c.Partner:
			return nil, problem.New(problem.Invalid, "", "%s gave it: nobody need be asked to give it back", name)
		}
		all = append(all, warning.Recipient{Name: name, Node: channel.Card.ID()})
	}
	return all, nil
}

// Granting is what a person here answers to a request for permission.
type Granting struct {
	Grant bool
	// To are those of the recipients that were asked for to whom it is granted, as
	// the request calls them; all if it is empty.
	To []string
	// NewestOnly grants it of the newest version alone, also where it is asked of
	// earlier ones.
	NewestOnly bool
	Conditions string
	Until      time.Time
	Reason     string // of a refusal
	// Confirm is the hash of the proposal that a second person confirms.
	Confirm string
}

// AnswerPermission answers a request of a partner's. A refusal takes one person,
// and says why. A grant takes two: one proposes it, with when it ends, and another
// confirms that very text by its hash; only then it is said. Nothing is granted
// beyond the review date of the warning, nor for a version that was corrected or
// recalled since.
func (o *Outbox) AnswerPermission(ctx context.Context, who caller.Caller, id string, g Granting) (p store.Permission, err error) {
	if g.Grant && g.Confirm == "" {
		return o.proposePermission(ctx, who, id, g)
	}
	if p, err = o.openPermission(ctx, who, id); err != nil {
		return p, err
	}
	err = o.answer(ctx, who, caller.AnswerPermission, p.Request.Case, &warning.Permission{Reason: g.Reason}, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		if p, err = openPermission(tx, id); err != nil {
			return "", nil, err
		}
		said := warning.Permission{Case: c.ID, Request: p.Request.ID, About: p.Request.About, Answer: warning.PermissionRefused, Reason: g.Reason,
			By: officer(who, caller.AnswerPermission), At: tx.Now}
		if g.Confirm != "" {
			if err := confirmable(tx, &p, who, g.Confirm); err != nil {
				return "", nil, err
			}
			said = p.Proposed.Permission
			second := officer(who, caller.AnswerPermission)
			said.Confirmed, said.At = &second, tx.Now
			if err := grantable(tx, c, &p, &said); err != nil {
				return "", nil, err
			}
		}
		p.Answer, p.Proposed = &said, nil
		return envelope.Permission, &said, nil
	}, func(tx *store.Tx, hash string) error {
		p.AnswerHash = hash
		if err := tx.Settle(warning.PermissionAlarm(p.Partner, p.Request.ID, false), who.Name, "the request was answered"); err != nil {
			return err
		}
		return store.Permissions.Put(tx, store.PermissionID(p.Partner, false, p.Request.ID), p)
	})
	return p, err
}

// confirmable refuses a confirmation by whoever proposed, of another text, and of
// what somebody proposed who no longer may.
func confirmable(tx *store.Tx, p *store.Permission, who caller.Caller, hash string) error {
	see := "look at tocsin permission show " + p.Request.ID
	switch {
	case p.Proposed == nil:
		return problem.New(problem.Conflict, see, "nobody has proposed to grant it")
	case p.Proposed.By == who.Name:
		return problem.New(problem.Denied, "ask another duty officer or releaser", "you have proposed it: a second person must confirm it")
	case p.Proposed.Hash != hash:
		return problem.New(problem.Conflict, see+" again", "what is proposed is not what you read")
	}
	may, err := tx.StillMay(p.Proposed.By, caller.AnswerPermission)
	if err == nil && !may {
		err = problem.New(problem.Conflict, "propose it anew", "%s, who proposed it, no longer answers requests here", p.Proposed.By)
	}
	return err
}

// grantable refuses a grant that ends too late, or is about what does not hold any
// more.
func grantable(tx *store.Tx, c *store.Case, p *store.Permission, said *warning.Permission) error {
	newest, _, err := tx.NewestOf(c)
	switch {
	case err != nil:
		return err
	case newest != p.Request.About:
		return problem.New(problem.Conflict, "refuse it; they can ask about the newest version", "we have corrected what this is about")
	case !said.Until.After(tx.Now):
		return problem.New(problem.Invalid, "give a time to come with --until", "a permission ends, and when must be said")
	}
	if last := c.Review.Time().AddDate(0, 0, 1); c.Review != "" && said.Until.After(last) {
		return problem.New(problem.Invalid, "end it by "+string(c.Review), "nothing is permitted beyond the day by which the warning must be reviewed")
	}
	recalls, err := store.Recalls.List(tx, 0)
	for _, r := range recalls {
		switch of := r.Recall.About; {
		case !r.Ours || r.Partner != p.Partner:
		case of == p.Request.About:
			return problem.New(problem.Conflict, "refuse it", "we have recalled what this is about")
		case slices.Contains(said.Earlier, of):
			return problem.New(problem.Conflict, "grant it with --newest-only", "we have recalled an earlier version of which it is asked")
		}
	}
	return err
}

// proposePermission keeps what one person would grant. The next proposal takes its
// place.
func (o *Outbox) proposePermission(ctx context.Context, who caller.Caller, id string, g Granting) (p store.Permission, err error) {
	err = o.store.Change(ctx, who, store.What{Act: caller.AnswerPermission, Subject: id, Note: "propose"}, func(tx *store.Tx) error {
		if p, err = openPermission(tx, id); err != nil {
			return err
		}
		c, err := store.Cases.Get(tx, p.Request.Case)
		if err != nil {
			return err
		}
		said := warning.Permission{
			Case: c.ID, Request: p.Request.ID, About: p.Request.About, Answer: warning.PermissionGranted, Used: p.Request.Used,
			Conditions: g.Conditions, Until: warning.Millis(g.Until), By: officer(who, caller.AnswerPermission), At: tx.Now,
		}
		if said.To, err = granted(p.Request.To, g.To); err != nil {
			return err
		}
		if g.NewestOnly {
			said.Earlier = nil
		}
		if err := grantable(tx, &c, &p, &said); err != nil {
			return err
		}
		if err := o.leakCheck(tx, &c, &said); err != nil {
			return err
		}
		whole := said
		whole.Confirmed = &said.By // as it will be: the second is not known yet
		if err := whole.Validate(); err != nil {
			return problem.Incomplete("this is not complete", err)
		}
		hash, err := proposalHash(said)
		if err != nil {
			return err
		}
		p.Proposed = &store.ProposedPermission{Permission: said, Hash: hash, By: who.Name, At: tx.Now}
		return store.Permissions.Put(tx, store.PermissionID(p.Partner, false, p.Request.ID), p)
	})
	return p, err
}

// proposalHash names what two people read.
func proposalHash(said warning.Permission) (string, error) {
	raw, err := warning.Encode(said)
	sum := sha256.Sum256(append([]byte("tocsin-permission/v1\n"), raw...))
	return hex.EncodeToString(sum[:]), err
}

// granted are the recipients to whom it is granted: those of the names, or all.
func granted(asked []warning.Recipient, names []string) (all []warning.Recipient, err error) {
	if len(names) == 0 {
		return asked, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(asked, func(r warning.Recipient) bool { return r.Name == name })
		if i < 0 {
			return nil, problem.New(problem.Invalid, "see tocsin permission show", "they do not ask to pass it on to %s", name)
		}
		all = append(all, asked[i])
	}
	return all, nil
}

// WithdrawPermission ends what was granted to a partner, from now on. It takes one
// person, and says why.
func (o *Outbox) WithdrawPermission(ctx context.Context, who caller.Caller, id, reason string) (p store.Permission, err error) {
	err = o.store.Glance(ctx, who, store.What{Act: caller.AnswerPermission, Subject: id}, func(tx *store.Tx) error {
		p, err = theirPermission(tx, id, store.PermissionGranted)
		return err
	})
	if err != nil {
		return p, err
	}
	err = o.answer(ctx, who, caller.AnswerPermission, p.Request.Case, &warning.Permission{Reason: reason}, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		if p, err = theirPermission(tx, id, store.PermissionGranted); err != nil {
			return "", nil, err
		}
		p.Withdrawn = &warning.Permission{Case: c.ID, Request: p.Request.ID, About: p.Request.About, Answer: warning.PermissionWithdrawn, Reason: reason,
			By: officer(who, caller.AnswerPermission), At: tx.Now}
		return envelope.Permission, p.Withdrawn, nil
	}, func(tx *store.Tx, hash string) error {
		p.WithdrawnHash = hash
		return store.Permissions.Put(tx, store.PermissionID(p.Partner, false, p.Request.ID), p)
	})
	return p, err
}

func (o *Outbox) openPermission(ctx context.Context, who caller.Caller, id string) (p store.Permission, err error) {
	err = o.store.Glance(ctx, who, store.What{Act: caller.AnswerPermission, Subject: id}, func(tx *store.Tx) error {
		p, err = openPermission(tx, id)
		return err
	})
	return p, err
}

func openPermission(tx *store.Tx, id string) (store.Permission, error) {
	return theirPermission(tx, id, store.PermissionOpen)
}

// theirPermission finds a partner's request by its id, or by the hash of its
// message where several have one id.
func theirPermission(tx *store.Tx, id, state string) (found store.Permission, err error) {
	kept, err := store.Permissions.List(tx, 0, state)
	if err != nil {
		return found, err
	}
	var several []string
	for _, p := range kept {
		if !p.Ours && (p.Request.ID == id || p.Hash == id) {
			found = p
			several = append(several, p.Hash+" of "+p.Partner)
		}
	}
	switch {
	case len(several) > 1:
		return store.Permission{}, problem.New(problem.Conflict, "give the hash in place of the id", "several requests have this id").With(several...)
	case len(several) == 1:
		return found, nil
	case state == store.PermissionGranted:
		return found, problem.New(problem.Missing, "see tocsin permission list --all", "we have granted nothing under this id that still counts")
	}
	return found, problem.New(problem.Missing, "see tocsin permission list", "no request of this id waits for our answer")
}
