// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers with the log's files, one after another, as a tar archive.

import (
	"archive/tar"
	"net/http"

	"github.com/tocsin-exchange/tocsin/api"
)

// tiles answers the log's files as they are read. One that breaks off lacks the
// last of them, the checkpoint.
func (s *server) tiles(w http.ResponseWriter, r *http.Request) {
	c, err := s.identify(w, r)
	if err != nil {
		s.unknown(w, r, err)
		return
	}
	from, err := number(c, "from")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	entries, err := yes(c, "entries")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var archive *tar.Writer
	err = s.shelf.Tiles(c.ctx(), c.who, from, entries, func(path string, raw []byte) error {
		if archive == nil {
			write(w, http.StatusOK, api.TarType, nil)
			archive = tar.NewWriter(w)
		}
		if err := archive.WriteHeader(&tar.Header{Name: path, Mode: 0o600, Size: int64(len(raw)), Format: tar.FormatUSTAR}); err != nil {
			return err
		}
		_, err := archive.Write(raw)
		return err
	})
	switch {
	case err != nil && archive == nil:
		s.fail(w, r, err)
	case err != nil:
		s.log.Warn("an export of the ledger broke off", "who", c.who.String(), "err", err)
	default:
		_ = archive.Close() // the caller has gone: nobody is left to tell
	}
}
