// SPDX-License-Identifier: Apache-2.0

package web

// This file hands out a backup of the node, sealed, to who has its keys already.

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// BackUp writes a backup of the whole node to w. It calls begin when it is certain
// that there will be one. Only the roof sees all that stands in one.
type BackUp func(ctx context.Context, who caller.Caller, order api.Backup, begin func(), w io.Writer) (api.BackedUp, error)

// BackUpBy lets the pages hand out backups.
func BackUpBy(take BackUp) Option {
	return func(s *site) { s.backUp = take }
}

func (s *site) backupRoutes(mux *http.ServeMux) {
	if s.backUp == nil {
		return
	}
	mux.Handle("GET /backup", s.page(s.backupForm))
	mux.Handle("POST /backup", s.post("backup", s.takeBackup, s.backupForm))
}

func (s *site) backupForm(v *visit) error {
	if err := v.who.May(caller.BackUp); err != nil {
		return err
	}
	v.section = "backup"
	return v.show("Backup", backupPage(v))
}

// takeBackup hands out a backup. What was typed as a passphrase is not shown again.
func (s *site) takeBackup(v *visit) (string, error) {
	in := v.input()
	// A passphrase is what was typed, with every space of it.
	order := api.Backup{To: in.words("to"), Passphrase: strings.TrimRight(in.values.Get("passphrase"), "\r\n")}
	v.r.PostForm.Del("passphrase")
	if (order.Passphrase == "") == (len(order.To) == 0) {
		return shown, problem.New(problem.Invalid, "give the passphrase of the key file, or recipients", "say with what it is sealed, one of the two").With("to: this, or the passphrase")
	}
	if len(order.To) > 0 {
		order.Passphrase = ""
	}
	file := v.outflow(v.node.Name+"-"+v.now.Format("20060102-150405")+".backup", api.BackupType)
	_, err := s.backUp(v.r.Context(), v.who, order, file.begin, file)
	return shown, file.ended(err)
}
