// SPDX-License-Identifier: Apache-2.0

package web

// This file shows what is known of logs, takes what people decide after a fork,
// and verifies the ledger while the page shows how far it came.

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/tocsin-exchange/tocsin/api"
)

func (s *site) headRoutes(mux *http.ServeMux) {
	mux.Handle("GET /ledger", s.page(s.ledger))
	mux.Handle("POST /ledger/verify", s.post("verify", s.verify, s.ledger))
	mux.Handle("POST /ledger/resume", s.post("resume", s.resumeLog, s.ledger))
	mux.Handle("GET /ledger/cosigned", s.page(s.cosigned))
	mux.Handle("GET /ledger/heads/{name}", s.page(s.headOf))
	mux.Handle("POST /ledger/heads/{name}/accept", s.post("accept-log", s.acceptLog, s.ledger))
	mux.Handle("GET /ledger/forks/{id}", s.page(s.evidence))
}

func (s *site) ledger(v *visit) error {
	heads, err := s.shelf.Heads(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "ledger"
	return v.show("Ledger", ledgerPage(v, heads, nil))
}

func (s *site) cosigned(v *visit) error {
	raw, err := s.shelf.Cosigned(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	return v.file("checkpoint-cosigned", api.CheckpointType, raw)
}

func (s *site) headOf(v *visit) error {
	name := v.r.PathValue("name")
	raw, err := s.shelf.HeadOf(v.r.Context(), v.who, name)
	if err != nil {
		return err
	}
	return v.file("checkpoint-"+name, api.CheckpointType, raw)
}

func (s *site) evidence(v *visit) error {
	id := v.r.PathValue("id")
	raw, err := s.shelf.Evidence(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	return v.file("fork-"+short(id), api.CheckpointType, raw)
}

func (s *site) acceptLog(v *visit) (string, error) {
	_, err := s.desk.AcceptLog(v.r.Context(), v.who, v.r.PathValue("name"), v.input().text("reason"))
	return "/ledger?done=accept-log", err
}

func (s *site) resumeLog(v *visit) (string, error) {
	_, err := s.desk.ResumeLog(v.r.Context(), v.who, v.input().text("reason"))
	return "/ledger?done=resume-log", err
}

// verify sends the page's beginning at once, and its end when the ledger is
// verified; in between it says how far that came.
func (s *site) verify(v *visit) (string, error) {
	heads, err := s.shelf.Heads(v.r.Context(), v.who)
	if err != nil {
		return shown, err
	}
	v.section = "ledger"
	var audit api.Audit
	return shown, v.watched("Ledger", task{
		doing: "Verifying", of: "leaves", stop: "/ledger",
		do: func(ctx context.Context, progress func(done, total int64)) (err error) {
			audit, err = s.shelf.Verify(ctx, v.who, progress)
			if err == nil && !audit.OK {
				s.log.Error("the ledger does not verify", "err", errors.New(audit.Wrong[0]))
			}
			return err
		},
		found: func() templ.Component { return auditPart(audit) },
	}, func(part templ.Component) templ.Component { return ledgerPage(v, heads, part) })
}

// knownLog is what is known of one partner's log, and what it cosigned of ours.
type knownLog struct {
	log      *api.PartnerLog
	cosigned *api.Cosigned
	forks    []api.Fork
}

func logOf(heads api.Heads, partner string) (k knownLog) {
	if i := slices.IndexFunc(heads.Partners, func(l api.PartnerLog) bool { return l.Partner == partner }); i >= 0 {
		k.log = &heads.Partners[i]
	}
	if i := slices.IndexFunc(heads.Cosigned, func(c api.Cosigned) bool { return c.By == partner && !c.Witness }); i >= 0 {
		k.cosigned = &heads.Cosigned[i]
	}
	for _, f := range heads.Forks {
		if f.Partner == partner {
			k.forks = append(k.forks, f)
		}
	}
	return k
}

// findingWords is what a fork shows.
func findingWords(f api.Fork) string {
	said := map[string]string{
		"two_roots":  "two signed checkpoints of one size with two contents: proof, to anyone",
		"other_past": "two signed checkpoints of which the later does not contain the earlier: proof, to anyone",
	}[f.Finding]
	if said == "" {
		return "not explained: no proof that the later log contains the earlier was given. It is in doubt, and not proved"
	}
	return said
}
